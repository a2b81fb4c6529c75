#!/usr/bin/env bats
# Programs that save themselves: the engine app.

load ../lib

setup() {
	new_workdir
	CONF=$(root cat /etc/slurm/checkpoint.conf)
}
teardown() {
	root tee /etc/slurm/checkpoint.conf <<<"$CONF" >/dev/null
	root scontrol update partition=low gracetime=60
	clean
}

# submit_app OPTION... SCRIPT: a job that saves itself on SIGUSR1 and ends with 85
submit_app() {
	submit --checkpoint --checkpoint-signal=USR1 --checkpoint-exit-code=85 --output=out --error=err "$@"
}

# has_count FILE PATTERN COUNT: so many lines match
has_count() { [[ $(count_in "$1" "$2" 2>/dev/null) -ge $3 ]]; }
# goes_on JOB: it has been started again, and prints
goes_on() {
	wait_running "$1"
	wait_lines out $(($(get out | wc -l) + 5))
}

# put_programs: those of test/cluster/programs, and a job for each
put_programs() {
	put self.sh <"$ROOT/test/cluster/programs/self.sh"
	put self.py <"$ROOT/test/cluster/programs/self.py"
}

@test "a program that saves itself goes on where it was, in place and elsewhere" {
	local job other node
	put_programs
	put job <<<$'#!/bin/sh\nexec ./self.sh 150 state over'
	job=$(submit_app job)
	wait_lines out 10
	node=$(job_node "$job")
	checkpoint "$job"
	wait_lines out 30
	[ "$(restarts "$job")" -eq 0 ]
	other=$(occupy "$job")
	wait_running "$job"
	[ "$(job_node "$job")" != "$node" ]
	root scancel "$other"
	let_end
	wait_over "$job"
	wait_accounted "$job" "COMPLETED|0:0"
	diff <(get out) <(seq -f 'line %g' 150; echo "total 150")
}

all_running() { local j; for j in "$@"; do is_state "$j" RUNNING || return 1; done; }
# all_restarted TIMES JOB...
all_restarted() { local j; for j in "${@:2}"; do [[ $(restarts "$j") -ge $1 ]] || return 1; done; }

# submit_in DIRECTORY OPTION... SCRIPT
submit_in() {
	alice sh -c 'cd "$1" && shift && exec sbatch --parsable --output=out --error=err --mem-per-cpu=900 "$@"' _ "$WORK/$1" "${@:2}"
}

@test "output of programs that save themselves, after ten preemptions, is that of the undisturbed run" {
	local -A options=([shell]=--nodes=1 [python]=--nodes=1 [steps]=--nodes=2)
	local -A signal=([shell]=USR1 [python]=USR1 [steps]=steps:USR1)
	local -a jobs=()
	local name round job
	echo "SEED=$SEED"
	put_programs
	put shell <<<$'#!/bin/sh\nexec ../self.sh 400 state ../over'
	put python <<<$'#!/bin/sh\nexec ../self.py 400 state ../over'
	put steps <<<$'#!/bin/sh\nsrun --ntasks=2 ../self.py 400 state ../over'
	alice touch "$WORK/over"
	for name in shell python steps; do
		alice mkdir "$WORK/$name.job" "$WORK/$name.ref"
		submit_in "$name.ref" "${options[$name]}" --export=ALL,PACE=0 "../$name" >/dev/null
	done
	until_true 60 "the undisturbed runs are over" queue_empty
	alice rm "$WORK/over"
	for name in shell python steps; do
		jobs+=("$(submit_in "$name.job" --checkpoint --checkpoint-signal="${signal[$name]}" --checkpoint-exit-code=85 "${options[$name]}" "../$name")")
	done
	for round in {1..10}; do
		until_true 60 "all run (round $round)" all_running "${jobs[@]}"
		sleep "$((RANDOM % 3)).$((RANDOM % 1000))"
		bob sbatch -Q --partition=high --nodes=4 --exclusive --output=/dev/null --wrap=true
		until_true 75 "all are preempted (round $round)" all_restarted "$round" "${jobs[@]}"
	done
	alice touch "$WORK/over"
	for job in "${jobs[@]}"; do
		wait_over "$job"
		wait_accounted "$job" "COMPLETED|0:0"
		[ "$(restarts "$job")" -eq 10 ]
	done
	for name in shell python steps; do
		diff <(get "$name.job/out" | sort) <(get "$name.ref/out" | sort)
		# srun tells of each exit code
		diff <(get "$name.job/err" | grep -v '^srun: ') <(get "$name.ref/err")
	done
	diff <(get shell.job/out) <(get shell.ref/out)
	diff <(get python.job/out) <(get python.ref/out)
	[ "$(get shell.job/out | tail -n 1)" = "total 400" ]
}

@test "what the program writes to TMPDIR goes with it" {
	local job
	put job <<-'E'
		#!/bin/bash
		trap 'echo "$n" >"$TMPDIR/state"; exit 85' USR1
		n=0
		[ -z "$SLURM_CHECKPOINT_RESTART" ] || n=$(cat "$TMPDIR/state")
		until [ -e over ]; do
			echo "line $((++n))"
			sleep 0.1 &
			wait $!
		done
	E
	job=$(submit_app --nodelist=n1 job)
	wait_lines out 5
	preempt "$job"
	goes_on "$job"
	let_end
	wait_over "$job"
	wait_accounted "$job" "COMPLETED|0:0"
	diff <(get out) <(seq -f 'line %g' "$(get out | wc -l)")
}

@test "a damaged generation takes nothing from the output of a program that goes by what it saved itself" {
	local job damage
	put_programs
	put job <<<$'#!/bin/sh\nexec ./self.sh 150 state over'
	for damage in 'alice truncate -s 5 "$(store "$job")/2/manifest"' 'alice rm -r "$(store "$job")/2"'; do
		alice rm -f "$WORK/out" "$WORK/over"
		job=$(submit_app job)
		wait_lines out 10
		checkpoint "$job"
		wait_lines out 30
		alice scheckpoint vacate "$job"
		[ "$(newest "$job")" -eq 2 ]
		eval "$damage"
		let_end
		alice scontrol release "$job"
		wait_over "$job"
		wait_accounted "$job" "COMPLETED|0:0"
		diff <(get out) <(seq -f 'line %g' 150; echo "total 150")
	done
}

@test "a program that saves itself in TMPDIR goes back with a damaged generation" {
	local job
	put_programs
	put job <<<$'#!/bin/sh\nexec ./self.sh 150 "$TMPDIR/state" over'
	job=$(submit_app job)
	wait_lines out 10
	checkpoint "$job"
	wait_lines out 30
	alice scheckpoint vacate "$job"
	alice truncate -s 5 "$(store "$job")/2/manifest"
	let_end
	alice scontrol release "$job"
	wait_over "$job"
	wait_accounted "$job" "COMPLETED|0:0"
	diff <(get out) <(seq -f 'line %g' 150; echo "total 150")
}

@test "a script that ends with the exit code unasked is run again, and told how often" {
	local job
	put job <<-'E'
		#!/bin/sh
		echo "start ${SLURM_CHECKPOINT_RESTART-first}"
		[ "$SLURM_CHECKPOINT_RESTART" = 3 ] || exit 85
	E
	job=$(submit_app job)
	wait_over "$job"
	wait_accounted "$job" "COMPLETED|0:0"
	diff <(get out) <(printf 'start %s\n' first 1 2 3)
	[ "$(count_in err .)" -eq 0 ]
}

@test "a script that does nothing but end with the exit code is not run for ever" {
	local job
	put job <<<$'#!/bin/sh\necho "${SLURM_CHECKPOINT_RESTART-first}"; exit 85'
	job=$(submit_app job)
	wait_over "$job"
	wait_accounted "$job" "FAILED|85:0"
	diff <(get out) <(printf '%s\n' first 1 2 3 4)
	[ "$(count_in err "ended 5 times as if it were saved")" -eq 1 ]
}

@test "a script that ends otherwise when it is asked has ended so" {
	local job
	put job <<-'E'
		#!/bin/bash
		trap 'echo asked; exit 3' USR1
		echo began
		while :; do sleep 0.1; done
	E
	job=$(submit_app job)
	wait_lines out 1
	alice scancel --batch --signal=41 "$job"
	wait_over "$job"
	wait_accounted "$job" "FAILED|3:0"
	[ -z "$(generations "$job")" ]
	[ "$(count_in err .)" -eq 0 ]
}

steps_of() { root squeue --steps --noheader --job="$1" --format=%i | grep -E '[.][0-9]+$'; }
# only_step JOB N: its step N runs, and no other
only_step() { [[ $(steps_of "$1") == "$1.$2" ]]; }

@test "what a script has left behind ends before the script is run again" {
	local job
	put_programs
	put job <<-'E'
		#!/bin/sh
		srun --overlap --mem=100 sleep 1000 &
		sh -c 'while :; do echo "left by ${SLURM_CHECKPOINT_RESTART-first}" >>left; sleep 0.1; done' &
		exec ./self.sh 150 state over
	E
	job=$(submit_app --nodes=2 job)
	wait_lines out 5
	wait_lines left 1
	until_true 60 "a step runs" only_step "$job" 0
	checkpoint "$job"
	until_true 60 "the script is run again" has_count left "left by 1" 5
	until_true 60 "the new step runs, and not the old one" only_step "$job" 1
	[ "$(get left | uniq | wc -l)" -eq 2 ]
	let_end
	wait_over "$job"
	wait_accounted "$job" "COMPLETED|0:0"
}

@test "steps are told to save themselves on every node, and the script is not" {
	local job
	put_programs
	put job <<<$'#!/bin/sh\nsrun --ntasks=2 ./self.py 100 state over'
	job=$(submit --nodes=2 --checkpoint --checkpoint-signal=steps:USR1 --checkpoint-exit-code=85 --output=out job)
	until_true 60 "one task counts" has_count out '^rank 0' 5
	until_true 60 "so does the other" has_count out '^rank 1' 5
	checkpoint "$job"
	let_end
	wait_over "$job"
	wait_accounted "$job" "COMPLETED|0:0"
	diff <(get out | grep -c '^rank 0') <(get out | grep -c '^rank 1')
	[ "$(get out | grep '^rank' | sort -u | wc -l)" -eq 202 ]
	[ "$(get out | grep -c '^rank')" -eq 202 ]
	[ "$(restarts "$job")" -eq 0 ]
}

# bats test_tags=on:trixie
@test "steps of other elements are not told, nor killed, when the one that has its array's number is saved" {
	local main first other
	put_programs
	put job <<<$'#!/bin/sh\nmkdir -p $SLURM_ARRAY_TASK_ID && cd $SLURM_ARRAY_TASK_ID && srun ../self.py 100 state ../over'
	main=$(submit --array=1-2 --checkpoint --checkpoint-signal=steps:USR1 --checkpoint-exit-code=85 --output=out-%a job)
	until_true 60 "one counts" has_count out-1 '^rank 0' 5
	until_true 60 "so does the other" has_count out-2 '^rank 0' 5
	first=$(first_of "$main")
	other=$((3 - first))
	alice scancel --batch --signal=41 "${main}_$first"
	wait_generation "$main"
	let_end
	until_true 120 "both are over" queue_empty
	for i in 1 2; do
		[ "$(get "out-$i" | grep -c '^rank 0')" -eq 101 ]
	done
	[[ $(alice scheckpoint show "${main}_$other") != *Event=checkpoint* ]]
}

@test "a script that does not handle the signal is not killed by it" {
	local job
	put job <<<$'#!/bin/sh\necho began; until [ -e over ]; do sleep 0.1; done; echo done'
	job=$(submit_app job)
	wait_lines out 1
	run alice scheckpoint able "$job"
	[ "$status" -eq 1 ]
	[ "$output" = "job $job: no: the script does not handle SIGUSR1" ]
	alice scancel --batch --signal=41 "$job"
	alice touch "$WORK/over"
	wait_over "$job"
	wait_accounted "$job" "COMPLETED|0:0"
}

put_deaf() {
	put job <<-'E'
		#!/bin/bash
		trap 'echo asked >>asked' USR1
		trap 'echo ended >>ended; exit 1' TERM
		echo began
		until [ -e over ]; do sleep 0.1; done
	E
}

@test "a script that does not answer the signal is told of, and runs on" {
	local job
	put_deaf
	root tee -a /etc/slurm/checkpoint.conf <<<"DumpTimeout=2" >/dev/null
	job=$(submit_app job)
	wait_lines out 1
	run alice scheckpoint create "$job"
	[ "$status" -eq 1 ]
	wait_lines err 1
	[ "$(get err)" = "slurm-checkpoint: job $job: no checkpoint was taken: it took longer than DumpTimeout: the script got SIGUSR1, and has not ended with exit code 85" ]
	alice touch "$WORK/over"
	wait_over "$job"
	wait_accounted "$job" "COMPLETED|0:0"
	[ "$(get asked)" = asked ]
}

@test "a preempted script that does not answer lives until its grace ends, and that is told" {
	local job
	put_deaf
	root scontrol update partition=low gracetime=20
	job=$(submit_app job)
	wait_lines out 1
	bob sbatch -Q --partition=high --nodelist="$(job_node "$job")" --exclusive --output=/dev/null --wrap=true
	until_true 60 "it is asked" has_lines asked 1
	[ "$(restarts "$job")" -eq 0 ]
	refute has_lines ended 1
	until_true 120 "job $job is preempted" restarted "$job" 0
	wait_lines ended 1
	alice touch "$WORK/over"
	wait_over "$job"
	wait_accounted "$job" "COMPLETED|0:0"
	alice scheckpoint show "$job" | grep "Text=Slurm ended the job: the script got SIGUSR1, and has not ended with exit code 85"
}

@test "with a file as its sign a job goes on after a checkpoint, and leaves with one" {
	local job
	put job <<-'E'
		#!/bin/bash
		trap 'asked=1' USR1
		n=0
		[ -z "$SLURM_CHECKPOINT_RESTART" ] || n=$(cat saved)
		until [ -e over ]; do
			echo "line $((++n))"
			sleep 0.1
			[ "$asked" ] || continue
			asked=
			echo "$n" >saved.new
			mv saved.new saved
			sleep 1
		done
		echo "${SLURM_CHECKPOINT_RESTART-first}"
	E
	alice touch "$WORK/saved"
	job=$(submit --checkpoint --checkpoint-signal=USR1 --checkpoint-done-file=saved --output=out --error=err job)
	wait_lines out 5
	checkpoint "$job"
	checkpoint "$job"
	wait_lines out 20
	preempt "$job"
	goes_on "$job"
	let_end
	wait_over "$job"
	wait_accounted "$job" "COMPLETED|0:0"
	diff <(get out) <(seq -f 'line %g' "$(count_in out '^line')"; echo 1)
}

@test "a job says what it has not said about how it saves itself" {
	local job
	put job <<<$'#!/bin/sh\ntrue'
	job=$(submit --checkpoint --checkpoint-engine=app --output=out job)
	wait_over "$job"
	[ "$(get out)" = "slurm-checkpoint: job $job: it runs unprotected: a job that saves itself has to name the signal that tells it to: give --checkpoint-signal" ]
	job=$(submit --checkpoint --checkpoint-signal=USR1 --output=out2 job)
	wait_over "$job"
	[ "$(get out2)" = "slurm-checkpoint: job $job: it runs unprotected: a job that saves itself has to name a sign that it is saved: give --checkpoint-exit-code or --checkpoint-done-file" ]
}
