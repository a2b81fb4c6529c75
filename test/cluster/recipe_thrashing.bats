#!/usr/bin/env bats
# Urgent jobs in a stream: doc/recipes/thrashing.md.

load lib

setup() {
	new_workdir
	recipe thrashing
}
teardown() {
	clean
	no_recipe
}

# lines that the job has printed
lines() { get out 2>/dev/null | wc -l; }

@test "an urgent job at each start of a low one: the low one gets on, and repeats nothing" {
	local job before
	ticking
	job=$(submit --checkpoint --output=out job.sh)
	for _ in 1 2; do
		before=$(lines)
		wait_running "$job"
		drive_off "$job" --partition=high
		# in 15 seconds it prints some 140
		[ "$(($(lines) - before))" -ge 40 ]
	done
	let_end
	ended_well "$job"
	is_exact out
}

@test "a job that was saved a moment ago leaves without a checkpoint, and its output is exact" {
	local job
	build heap
	put job.sh <<<$'#!/bin/sh\n./heap 700 20 || exit\nwhile [ ! -e over ]; do sleep 0.1; done'
	root sed -i '/^PreemptExemptTime/d' /etc/slurm/slurm.conf
	root scontrol reconfigure
	job=$(submit --checkpoint --mem=1500 --output=out job.sh)
	wait_lines out 3
	alice scheckpoint create "$job"
	# The second time it has just been restored, if it has been by then.
	for _ in 1 2; do
		drive_off "$job" --partition=high
		wait_running "$job"
	done
	let_end
	alice scheckpoint show "$job"
	alice scheckpoint show "$job" | grep -q 'Event=leave.*Text=it continues from its last checkpoint'
	ended_well "$job"
	diff <(alice env PACE=0 "$WORK/heap" 700 20) <(get out)
}
