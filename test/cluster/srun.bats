#!/usr/bin/env bats
# The job's own srun (--checkpoint-srun=job): its steps go with the job, and do what they do
# under Slurm's own srun in a job that nobody saves.

# bats file_tags=on:forky
load lib

setup() { new_workdir; }
teardown() { clean; }

NODES=$("$ROOT/testbed/cluster" run ctl sinfo -h -o %D | head -n 1)

# ---- the shapes of scripts that were most frequent in public collections ----

# Each ends when the file "over" is there, and not before all preemptions are over.
WAIT='while [ ! -e ../over ]; do sleep 0.1; done'

# A program whose output and exit status depend on all of its past: work.sh NAME STEPS [STATUS]
write_work() {
	put work.sh <<-'END'
		#!/bin/bash
		sum=0
		for ((i = 1; i <= $2; i++)); do
			sum=$(((sum * 31 + i) % 1000003))
			echo "$1 task $SLURM_PROCID of $SLURM_NTASKS step $i: $sum"
			[[ ${PACE-} ]] || sleep 0.1
		done
		exit "${3-0}"
	END
}

# name: sbatch options, and the script
declare -gA OPTIONS=(
	[sequence]="--ntasks=1"
	[farm]="--ntasks=2"
	[array]="--ntasks=1 --array=3"
	[fails]="--ntasks=2"
	[programs]="--ntasks=2"
	[trap]="--ntasks=1 --signal=B:USR1"
)
write_shapes() {
	write_work
	put sequence <<<$'#!/bin/bash\nfor i in {1..12}; do srun ../work.sh "part $i" 40 || echo failed; done\n'"$WAIT"
	put farm <<<$'#!/bin/bash\nfor i in {1..12}; do srun --exclusive -N1 -n1 -c1 ../work.sh "item $i" 80 >"item.$i" & done\nwait\ncat item.* | sort\n'"$WAIT"
	put array <<<$'#!/bin/bash\nline=$(sed -n "${SLURM_ARRAY_TASK_ID}p" <(printf "%s\\n" one two three four))\nsrun ../work.sh "$line" 300 | tee raw | awk \'{ print NR, $NF }\'\necho "${PIPESTATUS[@]}"\n'"$WAIT"
	put fails <<<$'#!/bin/bash\nfor i in 0 3 0 7 1; do srun ../work.sh "status $i" 60 $i | sort; echo "${PIPESTATUS[0]}"; done\nsrun -K sh -c \'[ $SLURM_PROCID = 1 ] && exit 5; exec sleep 1000\' 2>/dev/null; echo $?\n'"$WAIT"
	put programs <<<$'#!/bin/bash\nprintf "%s\\n" "0 ../work.sh a%t 200" "1 ../work.sh b%o 300 9" >conf\nsrun --label --multi-prog conf >labelled; echo $?\nsort -s -k1,1 labelled\n'"$WAIT"
	put trap <<<$'#!/bin/bash\ntrap "echo >>caught" USR1; touch ready\nsrun ../work.sh long 250 & pid=$!\nwhile :; do wait $pid; s=$?; [ $s -gt 128 ] && kill -0 $pid 2>/dev/null || break; done\necho "status $s"\nwhile [ ! -e caught ]; do sleep 0.1; done\n'"$WAIT"
}

# submit_in NAME KIND OPTION...
submit_in() {
	local options
	read -ra options <<<"${OPTIONS[$1]}"
	alice mkdir -p "$WORK/$1.$2"
	alice sh -c 'cd "$1" && shift && exec sbatch --parsable --output=out --error=err --mem-per-cpu=300 "$@"' _ \
		"$WORK/$1.$2" "${options[@]}" "${@:3}" "../$1"
}

all_running() { local j; for j in "$@"; do is_state "$j" RUNNING || return 1; done; }
all_restarted() { local j; for j in "${@:2}"; do [[ $(restarts "$j") -ge $1 ]] || return 1; done; }

# What a job has said: stdout, and stderr without what depends on the node or on the load,
# as whether tasks end so soon after each other that one line tells of both.
said() {
	get "$1/out"
	get "$1/err" | sed -E -e 's/^(srun: error: )n[0-9]+:/\1NODE:/' \
		-e 's/^(srun: error: NODE: )tasks 0-1(: .*)/\1task 0\2\n\1task 1\2/' \
		-e '/step creation (temporarily|still) disabled|Step created for|^slurm-checkpoint: /d'
}

# disturb ROUNDS JOB...: at random moments somebody takes all nodes for an instant
disturb() {
	local round
	for ((round = 1; round <= $1; round++)); do
		until_true 60 "all run (round $round)" all_running "${@:2}"
		sleep "0.$((RANDOM % 1000))"
		bob sbatch -Q --partition=high --nodes="$NODES" --exclusive --output=/dev/null --wrap=true
		until_true 120 "all are preempted (round $round)" all_restarted "$round" "${@:2}"
	done
}

# undisturbed NAME...: with Slurm's own srun, and nobody who saves the job
undisturbed() {
	local name job
	alice touch "$WORK/over"
	for name; do
		job=$(submit_in "$name" ref --no-checkpoint --export=ALL,PACE=0)
		[[ $name != trap ]] || until_true 100 "it has caught the signal" tell_trap "$job"
	done
	until_true 300 "the undisturbed runs are over" queue_empty
	alice rm "$WORK/over"
}
# (A signal that comes before the trap is there ends the script.)
tell_trap() {
	alice test -e "$WORK/trap.ref/ready" || return 1
	root scancel --batch --signal=USR1 "$1" 2>/dev/null
	alice test -e "$WORK/trap.ref/caught"
}

# shapes_are_exact NAME...: all at once, preempted ten times
shapes_are_exact() {
	local -a jobs=()
	local -A job_of=()
	local name
	echo "SEED=$SEED"
	write_shapes
	undisturbed "$@"
	for name; do
		job_of[$name]=$(submit_in "$name" job --checkpoint --checkpoint-srun=job)
		jobs+=("${job_of[$name]}")
	done
	[[ -z ${job_of[trap]-} ]] || until_true 60 "the trap is set" alice test -e "$WORK/trap.job/ready"
	disturb "${TIMES-10}" "${jobs[@]}"
	if [[ ${job_of[trap]-} ]]; then
		wait_event "${job_of[trap]}" restart "${TIMES-10}"
		root scancel --batch --signal=USR1 "${job_of[trap]}"
	fi
	alice touch "$WORK/over"
	for name; do
		echo "$name"
		wait_over "${job_of[$name]}" 400
		wait_accounted "${job_of[$name]}" "COMPLETED|0:0"
		diff <(said "$name.ref" | sort) <(said "$name.job" | sort)
		refute grep 'Event=failed' <(root scheckpoint show "${job_of[$name]}")
	done
}

@test "one-task steps in sequence, an array task with pipes, and a trap say, preempted ten times, what they say undisturbed with Slurm's srun" {
	shapes_are_exact sequence array trap
}

@test "a task farm, steps of which some fail, and --multi-prog say, preempted ten times, what they say undisturbed with Slurm's srun" {
	shapes_are_exact farm fails programs
}

# ---- one by one ----

@test "without asking, and with --checkpoint-srun=slurm, a job has Slurm's srun" {
	local how job
	put job.sh <<<$'#!/bin/bash\nls -l /usr/bin/srun | awk \'{ print $3 }\'; srun -n1 sh -c \'echo "${SLURM_STEP_LAUNCHER_PORT:+a port}"\''
	for how in "" --checkpoint-srun=slurm; do
		job=$(submit --checkpoint $how --output="out$how" job.sh)
		wait_accounted "$job" "COMPLETED|0:0"
		get "out$how"
		[ "$(get "out$how" | tail -n 1)" = "a port" ]
	done
	job=$(submit --checkpoint --checkpoint-srun=job --output=out.job job.sh)
	wait_accounted "$job" "COMPLETED|0:0"
	[ "$(get out.job | tr '\n' '|')" = "alice||" ]
}

@test "what the job's srun does not know Slurm runs, and says so; the job is saved when it has ended" {
	local job
	put job.sh <<<$'#!/bin/bash\nsrun -n1 --propagate=NONE sh -c "touch runs; while [ ! -e stepped ]; do sleep 0.1; done; echo step"\nsrun -n1 sh -c "echo ours; while [ ! -e over ]; do sleep 0.1; done; exit 4"\necho "end $?"'
	job=$(submit --checkpoint --checkpoint-srun=job --output=out job.sh)
	until_true 60 "the step runs" alice test -e "$WORK/runs"
	run alice scheckpoint create "$job"
	echo "$output"
	[ "$status" -eq 1 ]
	alice touch "$WORK/stepped"
	until_true 60 "our step runs" eval '[[ $(count_in out "^ours$") -eq 1 ]]'
	alice scheckpoint create "$job"
	preempt "$job"
	wait_event "$job" restart
	let_end
	wait_accounted "$job" "COMPLETED|0:0"
	get out
	[ "$(count_in out "slurm-checkpoint does not know --propagate, so Slurm itself runs this step, and the job cannot be saved until it ends")" -eq 1 ]
	[ "$(get out | tail -n 1)" = "end 4" ]
}

@test "steps wait for CPUs in the order in which they came, also over a restart, and one that is killed leaves its own" {
	local job
	put job.sh <<-'END'
		#!/bin/bash
		first() { srun -n2 --exact sh -c '[ $SLURM_PROCID -gt 0 ] || echo first; touch runs; exec sleep 1000'; }
		first & victim=$!
		while [ ! -e runs ]; do sleep 0.1; done
		for i in 1 2 3 4 5 6; do
			srun -n$((1 + i % 2)) --exact sh -c "[ \$SLURM_PROCID -gt 0 ] || echo $i; sleep 1" &
			sleep 0.5
		done
		while [ ! -e go ]; do sleep 0.1; done
		pkill -KILL -P "$victim" srun
		wait
		echo end
	END
	job=$(submit --checkpoint --checkpoint-srun=job --ntasks=2 --mem-per-cpu=100 --output=out --error=err job.sh)
	until_true 60 "all wait" eval '[[ $(count_in err "temporarily disabled") -eq 6 ]]'
	preempt "$job"
	wait_event "$job" restart
	alice touch "$WORK/go"
	wait_accounted "$job" "COMPLETED|0:0"
	get err
	diff <(printf '%s\n' first 1 2 3 4 5 6 end) <(get out)
}

@test "sbatch says that --signal does not reach the steps of the job's srun; by the script and srun it does" {
	put job.sh <<-'END'
		#!/bin/bash
		srun -n1 bash -c 'trap "echo caught; exit 3" USR1; touch ready; while :; do sleep 0.1; done' & pid=$!
		trap 'kill -USR1 $pid' USR1
		wait $pid; wait $pid; echo "status $?"
	END
	run alice sbatch --hold --checkpoint --checkpoint-srun=job --signal=USR1@90 --output=/dev/null "$WORK/job.sh"
	[[ $output == *"--signal=USR1@90 does not reach the steps of the job's own srun; give --signal=B:USR1@90, and have the script send it to srun, or give --checkpoint-srun=slurm"* ]]
	for options in "--signal=USR1@90" "--signal=B:USR1@90 --checkpoint-srun=job" "--checkpoint-srun=job"; do
		# shellcheck disable=SC2086
		run alice sbatch --hold --checkpoint $options --output=/dev/null "$WORK/job.sh"
		[[ $status -eq 0 && $output != *"--signal"* ]]
	done
	root scancel --user=alice
	# (Slurm sends it up to a minute early.)
	job=$(submit --checkpoint --checkpoint-srun=job --signal=B:USR1@90 --time=2 --output=out job.sh)
	wait_over "$job" 150
	get out
	diff <(printf '%s\n' caught 'status 3') <(get out | grep -v '^srun: error')
}

# ---- the same as Slurm's ----

# The other way of these is in doc/srun.md, or is not srun's: steps that scancel is to find,
# a step that Slurm leaves behind, other groups and --bcast in a job that is saved.
# What a trap does that Slurm's srun kills a moment later depends on the load, and so does
# whether Slurm's srun knows already that a task runs.
OTHERWISE='int-twice-trapped|scancel-step|scancel-step-signal|stdin-missing|process|bad --bcast=relative'

# What the cases of srun_cases.sh have printed, without what doc/srun.md says is not the same.
comparable() {
	get "$1" | awk -v skip="^=== [a-z]*-($OTHERWISE)\$" '/^=== / { on = $0 !~ skip } on' |
		sed -E -e '/slurm-checkpoint does not know .*, so Slurm itself runs this step/d' \
			-e '/^1> (SLURM_(SRUN_COMM_(HOST|PORT)|STEP_LAUNCHER_PORT|LAUNCH_NODE_IPADDR|CHECKPOINT[A-Z_]*)|TMPDIR)=/d' \
			-e 's/^(2> ([0-9]: )?)slurm-checkpoint: error: execve/\1slurmstepd: error: execve/' \
			-e 's/^(1> %12u: p)%1/\1/' -e 's/^(2> srun: StepId=.* task 0: )unknown$/\1running/'
}

# SRUN_CASES=1 runs them, for some minutes.
@test "what srun says, does and ends with in 226 cases is what Slurm's own does" {
	local slurms
	[[ ${SRUN_CASES-} ]] || skip "SRUN_CASES is not set"
	put cases.sh <"$ROOT/test/cluster/programs/srun_cases.sh"
	alice mkdir "$WORK/slurm" "$WORK/job"
	alice sh -c 'cd "$1/slurm" && exec env SRUN=/usr/bin/srun SHARED="$PWD" SHAPES="one cpt plain tpn" SBATCH_ARGS=--no-checkpoint ../cases.sh submit ../slurm.out' _ "$WORK" &
	slurms=$!
	alice sh -c 'cd "$1/job" && exec env SRUN=/usr/bin/srun SHARED="$PWD" SHAPES="one cpt plain tpn" SBATCH_ARGS="--checkpoint --checkpoint-srun=job" ../cases.sh submit ../job.out' _ "$WORK"
	wait "$slurms"
	[ "$(get job.out | grep -c '^=== ')" -eq 226 ]
	diff <(comparable slurm.out) <(comparable job.out)
}
