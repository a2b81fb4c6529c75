#!/usr/bin/env bats
# A job that was saved never starts over because something is wrong on a node: it is held
# with a sentence, its output as it was, and continues when that is mended.

# bats file_tags=on:trixie
load lib

NODE=n1
LIBEXEC=/usr/libexec/slurm-checkpoint

setup() {
	new_workdir
	CONF=$(root cat /etc/slurm/checkpoint.conf)
}

teardown() {
	mend
	root tee /etc/slurm/checkpoint.conf <<<"$CONF" >/dev/null
	clean
}

# over PATH FILE: on the node alone, PATH is FILE
over() { cluster run $NODE mount --bind "$2" "$1"; }
# all that is mounted over something on the node by these tests
mend() {
	local path
	for path in /etc/slurm/checkpoint.conf $LIBEXEC/runner $LIBEXEC /shared/checkpoint; do
		cluster run $NODE umount -l "$path" 2>/dev/null || true
	done
}
# other_conf LINE...: checkpoint.conf of the node alone has these lines, too
other_conf() {
	root sh -c 'cat /etc/slurm/checkpoint.conf - >"$1/conf"; chmod 644 "$1/conf"' _ "$WORK" < <(printf '%s\n' "$@")
	over /etc/slurm/checkpoint.conf "$WORK/conf"
}

said() { get out | grep -c "$1" || true; }
# (slurmstepd says that a job is requeued where its output is then.)
output() { get out | grep -v -e '^slurm-checkpoint: ' -e '^slurmstepd-' -e '^\[.*\] error: '; }
output_is_exact() { diff <(seq "$(($(output | wc -l) - 1))"; echo end) <(output); }

# saved [OPTION...]: a job runs on the node, and has a checkpoint; its id
saved() {
	local job
	ticking
	job=$(submit --checkpoint --output=out --nodelist=$NODE "$@" job.sh)
	wait_lines out 5
	checkpoint "$job"
	wait_lines out $(($(get out | wc -l) + 5))
	echo "$job"
}

# held_by JOB SENTENCE COMMAND...: requeued after COMMAND it is held, and its output says why
# and is otherwise what it was. Mended and released it continues exactly.
held_by() {
	local before job=$1 sentence=$2
	"${@:3}"
	alice scontrol requeue "$job"
	wait_restarted "$job" 0
	wait_held "$job"
	get out
	[ "$(said "$sentence")" -eq 1 ]
	[ "$(said "scontrol release $job")" -eq 1 ]
	diff <(seq "$(output | wc -l)") <(output)
	[ "$(output | wc -l)" -ge 10 ]
	mend
	alice scontrol release "$job"
	before=$(output | wc -l)
	wait_event "$job" restart
	wait_lines out $((before + 5))
	let_end
	ended_well "$job"
	get out
	output_is_exact
}

@test "checkpoint.conf has a typo on one node: a saved job is held there, and nothing of its output is lost" {
	held_by "$(saved)" "KeepGenerations=none: not a number" other_conf KeepGenerations=none
}

@test "checkpoint.conf has a typo on one node: so is one that is saved since the site has it so" {
	local job
	root tee -a /etc/slurm/checkpoint.conf <<<CheckpointDefault=yes >/dev/null
	ticking
	job=$(submit --output=out --nodelist=$NODE job.sh)
	wait_lines out 5
	checkpoint "$job"
	wait_lines out 10
	held_by "$job" "KeepGenerations=none: not a number" other_conf KeepGenerations=none
}

@test "CheckpointDefault=yes is taken back while jobs wait: a saved one continues all the same" {
	local job
	root tee -a /etc/slurm/checkpoint.conf <<<CheckpointDefault=yes >/dev/null
	ticking
	job=$(submit --output=out --nodelist=$NODE job.sh)
	wait_lines out 5
	checkpoint "$job"
	root tee /etc/slurm/checkpoint.conf <<<"$CONF" >/dev/null
	alice scontrol requeue "$job"
	wait_event "$job" restart
	let_end
	ended_well "$job"
	get out
	output_is_exact
}

@test "the runner is missing on one node: a saved job is held there" {
	no_runner() { cluster run $NODE mount -t tmpfs tmpfs $LIBEXEC; }
	held_by "$(saved)" "$LIBEXEC/runner: No such file" no_runner
}

@test "CheckpointDir is another directory on one node, and not shared: a saved job is held there" {
	local_dir() { cluster run $NODE mount -t tmpfs -o mode=1777 tmpfs /shared/checkpoint; }
	held_by "$(saved)" "/shared/checkpoint/alice/testbed/[0-9]* is not there" local_dir
}

@test "CheckpointDir is not there on one node: a saved job is held there" {
	held_by "$(saved)" "/none/checkpoint" other_conf CheckpointDir=/none/checkpoint/%u
}

@test "--checkpoint-from on a node with a typo: the job is held and does not start from its beginning" {
	local from job
	from=$(saved)
	alice scancel "$from"
	wait_over "$from"
	other_conf KeepGenerations=none
	job=$(submit --checkpoint-from="$from" --output=out2 --nodelist=$NODE job.sh)
	wait_held "$job"
	get out2
	[ "$(get out2 | grep -c '^[0-9]')" -eq 0 ]
	mend
	alice scontrol release "$job"
	wait_event "$job" restart
	let_end
	ended_well "$job"
}

@test "a job whose folder is not there starts over if its user said so, and says that" {
	local job
	job=$(saved --checkpoint-fallback=restart)
	cluster run $NODE mount -t tmpfs -o mode=1777 tmpfs /shared/checkpoint
	alice scontrol requeue "$job"
	wait_restarted "$job" 0
	let_end
	ended_well "$job"
	get out
	output_is_exact
	[ "$(said 'it starts over')" -eq 1 ]
}

@test "a job whose folder is not there starts over when its user makes it" {
	local job
	job=$(saved)
	cluster run $NODE mount -t tmpfs -o mode=1777 tmpfs /shared/checkpoint
	alice scontrol requeue "$job"
	wait_held "$job"
	get out
	[ "$(said "mkdir -p /shared/checkpoint/alice/testbed/$job")" -eq 1 ]
	cluster run -u alice $NODE sh -c "umask 077; mkdir -p /shared/checkpoint/alice/testbed/$job"
	let_end
	alice scontrol release "$job"
	ended_well "$job"
	get out
	output_is_exact
	[ "$(said 'it starts over')" -eq 1 ]
}

@test "a job whose node failed before it ran is no job that was saved: it starts" {
	local job
	put true.sh <<<$'#!/bin/sh\ntrue'
	wait_over "$(submit --checkpoint --output=/dev/null true.sh)"
	ticking
	lose $NODE
	# slurmctld does not know yet
	job=$(submit --checkpoint --output=out --nodelist=$NODE job.sh)
	wait_running "$job"
	root scontrol update NodeName=$NODE State=DOWN Reason=lost
	wait_restarted "$job" 0
	root scontrol update JobId="$job" NodeList=n2 StartTime=now
	wait_lines out 5
	let_end
	wait_over "$job"
	wait_accounted "$job" "COMPLETED|0:0"
	get out
	output_is_exact
	# (slurmctld may take its launch on the lost node for failed once more, later.)
	[ "$(said 'it starts over: ')" -eq 1 ]
	[ "$(said 'is held')" -eq 0 ]
}

# The runner of the node is a program that does nothing.
slow_runner() {
	cluster run $NODE sh -c 'printf "#!/bin/sh\nexec sleep 1000\n" >/run/slow && chmod 755 /run/slow'
	over $LIBEXEC/runner /run/slow
}

@test "a job that is requeued before anything of it ran starts, with its output where it was" {
	local job
	put true.sh <<<$'#!/bin/sh\ntrue'
	wait_over "$(submit --checkpoint --output=/dev/null true.sh)"
	ticking
	slow_runner
	job=$(submit --checkpoint --output=out --nodelist=$NODE job.sh)
	until_true 60 "job $job is to run" cluster run $NODE pgrep -f "^sleep 1000"
	alice scontrol requeue "$job"
	until_true 60 "Slurm has written why" alice grep -q "DUE TO JOB REQUEUE" "$WORK/out"
	mend
	wait_restarted "$job" 0
	let_end
	ended_well "$job"
	get out
	output_is_exact
	[ "$(said 'it starts over: Slurm had not got it to run before')" -eq 1 ]
}

@test "requeued at any instant of its start, a job is not held, and its output is exact" {
	local job jobs=() pause
	put true.sh <<<$'#!/bin/sh\ntrue'
	wait_over "$(submit --checkpoint --output=/dev/null true.sh)"
	put steps.sh <<<$'#!/bin/bash\nfor i in {1..20}; do echo $i; sleep 0.05; done'
	for _ in {1..12}; do
		printf -v pause '0.%03d' $((RANDOM % 150))
		job=$(submit --checkpoint --output=out-%j steps.sh)
		jobs+=("$job")
		wait_running "$job"
		sleep "$pause"
		alice scontrol requeue "$job"
	done
	for job in "${jobs[@]}"; do
		wait_over "$job"
		wait_accounted "$job" "COMPLETED|0:0"
		get "out-$job"
		diff <(seq 20) <(get "out-$job" | grep '^[0-9]')
	done
}

@test "a job that ran unprotected, without room for its folder, is requeued: it starts over" {
	local job
	ticking
	cluster run $NODE mount -t tmpfs -o ro tmpfs /shared/checkpoint
	job=$(submit --checkpoint --output=out --nodelist=$NODE job.sh)
	wait_lines out 5
	get out
	[ "$(said 'it runs unprotected: ')" -eq 1 ]
	cluster run $NODE umount /shared/checkpoint
	alice scontrol requeue "$job"
	wait_restarted "$job" 0
	let_end
	ended_well "$job"
	get out
	[ "$(said 'it starts over: it ran unprotected before')" -eq 1 ]
	[ "$(said 'is held')" -eq 0 ]
}

@test "a saved job that has printed nothing is held where its folder is not there" {
	local job
	put quiet.sh <<<$'#!/bin/sh\nwhile [ ! -e over ]; do sleep 0.1; done'
	job=$(submit --checkpoint --output=out --nodelist=$NODE quiet.sh)
	wait_event "$job" start
	checkpoint "$job"
	cluster run $NODE sh -c 'mount -t tmpfs -o mode=1777 tmpfs /shared/checkpoint &&
		install -d -o alice -m 700 /shared/checkpoint/alice /shared/checkpoint/alice/testbed'
	alice scontrol requeue "$job"
	wait_held "$job"
	cluster run $NODE umount /shared/checkpoint
	alice scontrol release "$job"
	wait_event "$job" restart
	let_end
	ended_well "$job"
}

@test "a job that is requeued before its first checkpoint starts over, its output too, and says so once" {
	local job
	ticking
	job=$(submit --checkpoint --output=out job.sh)
	wait_lines out 5
	alice scontrol requeue "$job"
	wait_restarted "$job" 0
	let_end
	ended_well "$job"
	get out
	output_is_exact
	[ "$(said 'it starts over: there is no checkpoint of it')" -eq 1 ]
}

@test "a job that was never protected is requeued: it starts over as without the plugin, and says so once" {
	local job
	ticking
	job=$(submit --checkpoint --nodes=2 --output=out job.sh)
	wait_lines out 5
	alice scontrol requeue "$job"
	wait_restarted "$job" 0
	let_end
	ended_well "$job"
	get out
	output_is_exact
	[ "$(said 'it starts over')" -eq 1 ]
	[ "$(get out | grep -c '^slurm-checkpoint: ')" -eq 1 ]
}
