#!/usr/bin/env bats
# How often Slurm starts a job again: doc/recipes/failures.md.

load lib

setup() { new_workdir; }
teardown() {
	clean
	no_recipe
}

# limit N: failures after which a job is held
limit() {
	cp -r "$ROOT/etc/recipes" "$BATS_TEST_TMPDIR"
	sed -i "s/^MaxBatchRequeue=.*/MaxBatchRequeue=$1/" "$BATS_TEST_TMPDIR"/recipes/slurm-*.conf
	cluster configure "$BATS_TEST_TMPDIR/recipes/two-queues"
}

shows() { alice scheckpoint show "$JOB" | grep -x " *Failures=$1 FailuresUntilHeld=$2"; }

@test "preemptions do not get a job held, and show says how many failures are left" {
	local round
	limit 3
	ticking
	JOB=$(submit --checkpoint --output=out job.sh)
	wait_lines out 5
	shows 0 3
	for round in 1 2 3; do
		drive_off "$JOB" --partition=high
		wait_running "$JOB"
		shows 1 2
	done
	let_end
	ended_well "$JOB"
	is_exact out
}

@test "doctor advises against a low limit" {
	limit 5
	run alice scheckpoint doctor
	echo "$output"
	[ "$status" -eq 0 ]
	grep -q '^advice .*held after 5 failures; a preemption counts as one.*; write in slurm.conf: MaxBatchRequeue=100' <<<"$output"
}
