#!/usr/bin/env bats
# CPUs that differ: a job goes on only where all is there that its programs may use. The
# nodes here have one CPU; what a job may use is told by its manifest, which is changed.

load lib

setup() {
	new_workdir
	build reseal -lxxhash
}
teardown() { clean; }

# No CPU of 64 bits has had it since 2011, and no cluster has a feature more.
MISSING=3dnow

manifest() { echo "$(store "$1")/$(newest "$1")/manifest"; }

# needs JOB FEATURE: its newest checkpoint says that the job may use it, too
needs() {
	local m
	m=$(manifest "$1")
	alice sh -c 'cd "$1" && sed "s/^attr cpu .*/& $3/" "$2" | ./reseal >whole.new && cp "$2" whole && cp whole.new "$2"' \
		_ "$WORK" "$m" "$2"
}
# needs_no_more JOB: what it said before
needs_no_more() { alice cp "$WORK/whole" "$(manifest "$1")"; }

# leaves_needing FEATURE: JOB has run, and has left its node with a checkpoint that needs it
leaves_needing() {
	ticking
	JOB=$(submit --checkpoint --output=out "${@:2}" job.sh)
	wait_lines out 5
	alice scheckpoint vacate "$JOB"
	wait_held "$JOB"
	needs "$JOB" "$1"
	SIZE=$(get out | wc -c)
}

# "leave" is in the history, with a reason of its own, as often as N
has_left() {
	[[ $(alice grep -c '"event":"leave".*it goes on elsewhere: .*lacks' "$(store "$1")/events") -ge $2 ]]
}

@test "a job is not restored on a lesser CPU: it is queued for others, goes on there, and is exact" {
	local lesser
	leaves_needing "$MISSING"
	alice scontrol release "$JOB"
	until_true 60 "the job has left a node" has_left "$JOB" 1
	needs_no_more "$JOB"
	lesser=$(alice sed -n 's/.*"event":"leave".*the CPU of \(n[0-9]*\) lacks.*/\1/p' "$(store "$JOB")/events" | head -n 1)
	wait_event "$JOB" restart 1
	[ "$(job_field "$JOB" ExcNodeList)" = "$lesser" ]
	[ "$(job_node "$JOB")" != "$lesser" ]
	refute has_event "$JOB" held
	refute has_event "$JOB" failed
	alice scheckpoint error "$JOB" | grep -q "nothing went wrong"
	alice scheckpoint requeue "$JOB"
	wait_event "$JOB" restart 2
	[ "$(job_field "$JOB" ExcNodeList)" = "(null)" ]
	let_end
	ended_well "$JOB"
	is_exact out
}

@test "a job whose CPU no node has is held, with a sentence, its output and checkpoints as they were" {
	leaves_needing "$MISSING"
	alice scontrol release "$JOB"
	until_true 120 "the job is held again" has_event "$JOB" held
	wait_held "$JOB"
	has_left "$JOB" 3
	alice scheckpoint error "$JOB" | grep -q "the CPU of n[0-9] lacks $MISSING, which the job may use; no other node could take it"
	[ "$(get out | head -c "$SIZE" | tail -n 1)" -gt 4 ]
	[ "$(newest "$JOB")" = 1 ]
	needs_no_more "$JOB"
	alice scontrol update JobId="$JOB" ExcNodeList=
	alice scontrol release "$JOB"
	wait_event "$JOB" restart
	let_end
	ended_well "$JOB"
	is_exact out
}

@test "a job that asks for a node whose CPU is lesser is held at once" {
	leaves_needing "$MISSING" --nodelist=n2
	alice scontrol release "$JOB"
	until_true 60 "the job is held again" has_event "$JOB" held
	alice scheckpoint error "$JOB" | grep -q "lacks $MISSING, which the job may use; it asks for that node"
	wait_held "$JOB"
	[ "$(job_field "$JOB" ExcNodeList)" = "(null)" ]
}

@test "checkpoints of a version that did not record the CPU are restored as before" {
	leaves_needing "$MISSING"
	alice sh -c 'cd "$1" && grep -v "^attr cpu" whole | ./reseal >whole.new && cp whole.new "$2"' _ "$WORK" "$(manifest "$JOB")"
	alice scontrol release "$JOB"
	wait_event "$JOB" restart
	let_end
	ended_well "$JOB"
	is_exact out
}
