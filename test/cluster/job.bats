#!/usr/bin/env bats
# A checkpointed job is, to Slurm and to its owner, the job that it would be without.

load lib

setup() { new_workdir; }
teardown() { clean; }

# both OPTION... : the same job without and with --checkpoint, in plain/ and in ckpt/
both() {
	local kind
	alice mkdir -p "$WORK/plain" "$WORK/ckpt"
	PLAIN=$(submit_at plain "$@")
	CKPT=$(submit_at ckpt --checkpoint "$@")
	for kind in "$PLAIN" "$CKPT"; do wait_over "$kind"; done
}
submit_at() { alice sh -c 'cd "$1" && shift && exec sbatch --parsable "$@"' _ "$WORK/$1" "${@:2}"; }
text_of() { alice sh -c 'cd "$1" && find . -type f ! -name "*.sh" | sort | while read -r f; do echo "== $f"; cat "$f"; done' _ "$WORK/$1"; }
# text_of with what differs between any two jobs taken out
comparable() { text_of "$1" | sed -e "s/\b$2\b/JOB/g" -e "s,/$1\b,/DIR,g" -e 's,/proc/[0-9]*/,/proc/PID/,g'; }
same_text() { diff <(comparable plain "$PLAIN") <(comparable ckpt "$CKPT"); }
# Not as running still, as both may be for a while.
is_accounted() { [[ $(accounted "$1") =~ ^(COMPLETED|FAILED|CANCELLED|TIMEOUT|OUT_OF_MEMORY|NODE_FAIL) ]]; }
same_state() {
	until_true 60 "the plain job is accounted" is_accounted "$PLAIN"
	until_true 60 "the other is accounted" is_accounted "$CKPT"
	diff <(accounted "$PLAIN") <(accounted "$CKPT")
}

@test "exit status 0, 42 and death by a signal reach Slurm as without the plugin" {
	local how
	for how in "exit 0" "exit 42" 'kill -TERM $$' 'kill -KILL $$' 'kill -SEGV $$'; do
		put job.sh <<<$'#!/bin/bash\nulimit -c 0\necho before\n'"$how"
		both --output=out ../job.sh
		same_state
		same_text
		echo "$how: $(accounted "$CKPT")"
	done
	[ "$(accounted "$CKPT")" = "FAILED|0:11" ]
}

@test "a script that cannot be executed fails as without the plugin" {
	put job.sh <<<$'#!/no/such/interpreter\n'
	both --output=out ../job.sh
	same_state
}

@test "--output, --error, --input, --chdir, --export and arguments do what they did" {
	put job.sh <<<$'#!/bin/bash\npwd; echo "$FOO|$BAR|$#|$1|$2"; echo err >&2; cat'
	put input <<<"from a file"
	alice mkdir -p "$WORK/plain/elsewhere" "$WORK/ckpt/elsewhere"
	both --job-name=name --output=%x-%u-%%.out --error=%x.err --input="$WORK/input" \
		--chdir=elsewhere --export=FOO=bar,BAR "$WORK/job.sh" "a  b" ''
	same_state
	same_text
	get ckpt/elsewhere/name-alice-%.out | tee /dev/stderr | grep -qx "bar||2|a  b|"
	[ "$(get ckpt/elsewhere/name.err)" = err ]
	get ckpt/elsewhere/name-alice-%.out | grep -qx "from a file"
}

@test "environment and limits are those of the undisturbed job" {
	put job.sh <<<$'#!/bin/bash\nenv | grep -vE "^(SLURM_JOB_ID|SLURM_JOBID|SLURM_JOB_(START|END)_TIME|SLURM_(JOB_)?GTIDS|SLURM_TASK_PID|SLURM_TOPOLOGY_ADDR|SLURM_JOB_SLUID|TMPDIR|SLURM_CHECKPOINT_IMAGE_DIR|SLURM_JOB_NODELIST|SLURM_NODELIST|SLURMD_NODENAME|SLURM_CPUS_ON_NODE)=" | sort\nulimit -a\numask\nid -u\necho /proc/$$/fd/*'
	both --output=out --ntasks=1 ../job.sh
	same_text
	refute_in ckpt/out '^SLURM_CHECKPOINT_(TASK|SCRIPT|CONF|INTERVAL|DIR)='
}

@test "elements of an array are checkpointed each on its own" {
	local main task
	put job.sh <<<$'#!/bin/bash\nwhile [ ! -e over ]; do echo "$SLURM_ARRAY_TASK_ID $((++i))"; sleep 0.1; done; echo end'
	main=$(submit --checkpoint --array=1-3 --output=out-%a job.sh)
	for task in 1 2 3; do wait_lines "out-$task" 5; done
	bob sbatch -Q --partition=high --nodes=4 --exclusive --output=/dev/null --wrap=true
	until_true 120 "they are preempted" eval '[[ $(root scontrol -o show job '"$main"' | grep -c " Restarts=1 ") -eq 3 ]]'
	let_end
	until_true 120 "all are over" queue_empty
	for task in 1 2 3; do
		[ "$(get "out-$task" | wc -l)" -gt 5 ]
		diff <(seq "$(($(get "out-$task" | wc -l) - 1))" | sed "s/^/$task /"; echo end) <(get "out-$task")
	done
}

# bats test_tags=sanitize
@test "--open-mode: an output file that was there is truncated or kept, also after a preemption" {
	local mode job lines
	ticking
	for mode in default truncate append; do
		put "out.$mode" <<<"from before"
		job=$(submit --checkpoint --output="out.$mode" $([[ $mode == default ]] || echo --open-mode=$mode) job.sh)
		wait_lines "out.$mode" 6
		preempt "$job"
		let_end
		wait_over "$job"
		lines=$(count_in "out.$mode" '^[0-9]')
		[ "$lines" -ge 5 ]
		diff <([[ $mode != append ]] || echo "from before"; seq "$lines"; echo end) <(get "out.$mode")
		alice rm "$WORK/over"
	done
}

has_printed() { [[ $(count_in out "$1") -ge $2 ]]; }
wait_printed() { until_true 60 "\"$1\" is printed $2 times" has_printed "$1" "$2"; }

@test "signals of the user reach the script once, and its children where Slurm sends them there" {
	local job
	put job.sh <<'END'
#!/bin/bash
trap 'echo script USR1' USR1
trap 'echo script USR2' USR2
bash -c 'trap "echo child USR2" USR2; echo ready; while :; do sleep 0.1; done' &
echo ready
until [ -e over ]; do sleep 0.1; done
kill $!
echo done
END
	job=$(submit --checkpoint --output=out job.sh)
	wait_printed ready 2
	alice scancel --batch --signal=USR1 "$job"
	wait_printed "script USR1" 1
	alice scancel --full --signal=USR2 "$job"
	wait_printed "script USR2" 1
	wait_printed "child USR2" 1
	preempt "$job"
	wait_event "$job" restart
	alice scancel --batch --signal=USR1 "$job"
	wait_printed "script USR1" 2
	let_end
	wait_over "$job"
	get out
	[ "$(count_in out 'script USR1')" -eq 2 ]
	[ "$(count_in out 'script USR2')" -eq 1 ]
	[ "$(count_in out 'child USR2')" -eq 1 ]
	[ "$(count_in out done)" -eq 1 ]
}

@test "a job with a --signal of its own gets it, and is checkpointed when preempted" {
	local job
	put job.sh <<<$'#!/bin/bash\ntrap "echo warned" USR1\nwhile [ ! -e over ]; do echo $((++i)); sleep 0.1; done\necho end'
	job=$(submit --checkpoint --signal=B:USR1@10 --output=out job.sh)
	wait_lines out 5
	preempt "$job"
	# before it is saved, or when it goes on
	wait_printed warned 1
	let_end
	wait_over "$job"
	get out | grep -v warned | put all
	[ "$(get all | wc -l)" -gt 5 ]
	is_exact all
	[ "$(count_in out warned)" -eq 1 ]
	[ "$(restarts "$job")" -eq 1 ]
}

@test "a job that does not ask runs as without the plugin" {
	local job
	put job.sh <<<$'#!/bin/bash\nps -o args= -p $PPID; env | grep CHECKPOINT; echo ready; sleep 60'
	job=$(submit --output=out job.sh)
	wait_printed ready 1
	get out
	refute_in out '[Cc]heckpoint|CHECKPOINT'
	preempt "$job"
	[ "$(restarts "$job")" -eq 1 ]
	refute alice test -e "$(store "$job")"
}

@test "--checkpoint=INTERVAL checkpoints by itself, keeps as many generations as the site says" {
	local job
	ticking
	job=$(submit --checkpoint=1s --output=out job.sh)
	wait_generation "$job" 4
	[ "$(generations "$job" | wc -l)" -le 3 ]
	let_end
	wait_over "$job"
	is_exact out
	# of a job that succeeded only its history is kept
	[ "$(alice ls "$(store "$job")")" = $'events\njob\njob.copy' ]
}

@test "a job that continues as another one has what it had open in its TMPDIR" {
	local former job
	put job.sh <<<$'#!/bin/bash\nexec 5>$TMPDIR/five\nwhile [ ! -e over ]; do echo $((++i)); echo $i >&5; sleep 0.1; done\necho end\ncp $TMPDIR/five five'
	former=$(submit --checkpoint --open-mode=append --output=out job.sh)
	wait_lines out 5
	alice scheckpoint vacate "$former"
	wait_held "$former"
	alice scancel "$former"
	wait_over "$former"
	job=$(submit --checkpoint --checkpoint-from="$former" --open-mode=append --output=out job.sh)
	wait_event "$job" restart
	# And once more, from a checkpoint that the other one has made.
	checkpoint "$job"
	alice scheckpoint vacate "$job"
	wait_held "$job"
	alice scancel "$job"
	wait_over "$job"
	job=$(submit --checkpoint --checkpoint-from="$job" --open-mode=append --output=out job.sh)
	wait_event "$job" restart
	let_end
	wait_over "$job"
	is_exact out
	diff <(get out | sed '$d') <(get five)
}
