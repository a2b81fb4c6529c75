#!/usr/bin/env bats
# Programs that save themselves: the engine app.

load lib

setup() { new_workdir; }
teardown() { clean; }

# submit_app OPTION... SCRIPT: a job that saves itself on SIGUSR1 and ends with 85
submit_app() {
	submit --checkpoint --checkpoint-signal=USR1 --checkpoint-exit-code=85 --output=out --error=err "$@"
}

# put_programs: those of test/cluster/programs, and a job for each
put_programs() {
	put self.sh <"$ROOT/test/cluster/programs/self.sh"
	put self.py <"$ROOT/test/cluster/programs/self.py"
}

@test "a program that saves itself goes on where it was, in place and elsewhere" {
	local job other node
	put_programs
	put job <<<$'#!/bin/sh\nexec ./self.sh 150 state'
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
	wait_over "$job"
	wait_accounted "$job" "COMPLETED|0:0"
	diff <(get out) <(seq -f 'line %g' 150; echo "total 150")
}

@test "what the program writes to TMPDIR goes with it" {
	local job
	put job <<-'E'
		#!/bin/bash
		trap 'echo "$n" >"$TMPDIR/state"; exit 85' USR1
		n=0
		[ -z "$SLURM_CHECKPOINT_RESTART" ] || n=$(cat "$TMPDIR/state")
		while ((n < 60)); do
			echo "line $((++n))"
			sleep 0.1 &
			wait $!
		done
	E
	job=$(submit_app --nodelist=n1 job)
	wait_lines out 5
	preempt "$job"
	wait_over "$job"
	wait_accounted "$job" "COMPLETED|0:0"
	diff <(get out) <(seq -f 'line %g' 60)
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

@test "a script that does not handle the signal is not killed by it" {
	local job
	put job <<<$'#!/bin/sh\necho began; until [ -e over ]; do sleep 0.1; done; echo done'
	job=$(submit_app job)
	wait_lines out 1
	run alice scheckpoint able "$job"
	[ "$status" -eq 1 ]
	[ "$output" = "job $job: no: the script does not handle SIGUSR1, and would be killed" ]
	alice scancel --batch --signal=41 "$job"
	alice touch "$WORK/over"
	wait_over "$job"
	wait_accounted "$job" "COMPLETED|0:0"
}

@test "with a file as its sign a job goes on after a checkpoint, and leaves with one" {
	local job
	put job <<-'E'
		#!/bin/bash
		trap 'asked=1' USR1
		n=0
		[ -z "$SLURM_CHECKPOINT_RESTART" ] || n=$(cat saved)
		while ((n < 100)); do
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
	wait_over "$job"
	wait_accounted "$job" "COMPLETED|0:0"
	diff <(get out) <(seq -f 'line %g' 100; echo 1)
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
