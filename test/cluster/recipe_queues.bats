#!/usr/bin/env bats
# Recipes where jobs make way for others: doc/recipes/two-queues.md, owners.md,
# unprotected.md.

load lib

setup() { new_workdir; }
teardown() {
	clean
	no_recipe
	[[ $BATS_TEST_DESCRIPTION != *"by QOS"* ]] || no_qos
}

no_qos() {
	root sacctmgr -i -Q modify account users set QOS=normal DefaultQOS=normal
	root sacctmgr -i -Q delete qos low,high
}

# goes_on JOB: it has been started again from a checkpoint, and prints
goes_on() {
	wait_running "$1"
	wait_lines out $(($(get out | wc -l) + 5))
}

# preempted_and_exact SBATCH-OPTION...: what bob adds to have his way; JOB is alice's
preempted_and_exact() {
	ticking
	JOB=$(submit --checkpoint --output=out job.sh)
	wait_lines out 5
	drive_off "$JOB" "$@"
	goes_on "$JOB"
	drive_off "$JOB" "$@"
	let_end
	ended_well "$JOB"
	is_exact out
	[ "$(alice scheckpoint show "$JOB" | grep -c 'Event=checkpoint.*Reason=preemption')" -eq 2 ]
}

@test "two queues by partition: a low job makes way for a high one, and loses nothing" {
	recipe two-queues
	preempted_and_exact --partition=high
	[ "$(restarts "$JOB")" -eq 2 ]
}

@test "two queues by QOS: a low job makes way for a high one, and loses nothing" {
	recipe two-queues-qos
	preempted_and_exact --qos=high
	[ "$(restarts "$JOB")" -eq 2 ]
}

# ---- owners ----

with_groups() {
	root groupadd -f group_a
	root groupadd -f group_b
	root usermod -aG group_a alice
	root usermod -aG group_b bob
	recipe owners
}

@test "owners: a group gets its own nodes from whoever is there, and none of the others" {
	local job owned=() guests=() bobs=()
	with_groups
	for n in 1 2 3 4; do
		alice mkdir "$WORK/$n"
		ticking "$n/job.sh"
		job=$(alice sh -c 'cd "$1" && sbatch --parsable -p owner_a,shared --checkpoint --exclusive --output=out job.sh' _ "$WORK/$n")
		wait_running "$job"
		wait_lines "$n/out" 5
		case $(job_node "$job") in
		n[12]) owned+=("$job") ;;
		n[34]) guests+=("$job") ;;
		esac
	done
	[ "${#owned[@]}" -eq 2 ]
	[ "${#guests[@]}" -eq 2 ]
	for n in 1 2 3; do
		bobs+=("$(bob sbatch --parsable -p owner_b,shared --exclusive --output=/dev/null --wrap='sleep infinity')")
	done
	wait_running "${bobs[0]}"
	wait_running "${bobs[1]}"
	[[ $(job_node "${bobs[0]}") == n[34] ]]
	[[ $(job_node "${bobs[1]}") == n[34] ]]
	for job in "${guests[@]}"; do
		is_state "$job" PENDING
	done
	for job in "${owned[@]}"; do
		[ "$(restarts "$job")" -eq 0 ]
		is_state "$job" RUNNING
	done
	is_state "${bobs[2]}" PENDING
	run bob sbatch -Q -p owner_a --output=/dev/null --wrap=true
	[ "$status" -ne 0 ]
	bob scancel -u bob
	for job in "${guests[@]}"; do
		wait_running "$job"
	done
	for n in 1 2 3 4; do
		alice touch "$WORK/$n/over"
	done
	for job in "${owned[@]}" "${guests[@]}"; do
		ended_well "$job"
	done
	for n in 1 2 3 4; do
		is_exact "$n/out"
	done
}

@test "owners: who does not leave by himself is ended after the grace time, and starts over" {
	local job owner
	with_groups
	put job.sh <<<$'#!/bin/bash\ntrap "" TERM\necho begun\nwhile [ ! -e over ]; do sleep 0.1; done'
	job=$(submit -p shared --nodelist=n3 --exclusive --output=out job.sh)
	wait_lines out 1
	owner=$(bob sbatch --parsable -p owner_b --nodelist=n3 --exclusive --output=/dev/null --wrap=true)
	until_true 120 "the owner has the node" is_over "$owner"
	[ "$(restarts "$job")" -eq 1 ]
	let_end
	ended_well "$job"
}

# ---- jobs that cannot be saved ----

# policy WORD: what the site chooses
policy() {
	cp -r "$ROOT/etc/recipes" "$BATS_TEST_TMPDIR"
	sed -i "s/^local policy = .*/local policy = \"$1\"/" "$BATS_TEST_TMPDIR/recipes/unprotected/job_submit.lua"
	cluster configure "$BATS_TEST_TMPDIR/recipes/unprotected"
}

@test "jobs that are not checkpointed are left alone, and only the others make way" {
	local saved firm high
	recipe unprotected
	ticking
	saved=$(submit --checkpoint --nodelist=n1 --output=saved job.sh)
	firm=$(submit --nodelist=n1 --output=firm job.sh)
	wait_lines saved 5
	wait_lines firm 5
	high=$(bob sbatch --parsable -p high --nodelist=n1 --ntasks=1 --mem=1800 --output=/dev/null --wrap='sleep infinity')
	wait_running "$high"
	is_state "$saved" PENDING
	is_state "$firm" RUNNING
	bob scancel "$high"
	wait_running "$saved"
	let_end
	ended_well "$saved"
	ended_well "$firm"
	[ "$(restarts "$firm")" -eq 0 ]
	[ "$(restarts "$saved")" -eq 1 ]
	is_exact saved
	is_exact firm
}

@test "jobs that are not checkpointed start over, if the site wants it so" {
	local job
	policy requeue
	ticking
	put starts.sh <<<$'#!/bin/bash\necho start >>starts\nexec ./job.sh'
	job=$(submit --nodelist=n1 --output=out starts.sh)
	wait_lines out 5
	drive_off "$job" --partition=high
	wait_lines starts 2
	let_end
	ended_well "$job"
	is_exact out
	# (24.11 has it start once more when it has ended: it remembers that it was preempted.)
	[ "$(get starts | wc -l)" -ge 2 ]
}

was_preempted() { [[ $(accounted "$1") == PREEMPTED* ]]; }
@test "jobs that are not checkpointed are cancelled, if the site wants it so, and those that are go on" {
	local saved job
	policy cancel
	ticking
	saved=$(submit --checkpoint --nodelist=n1 --output=saved job.sh)
	job=$(submit --nodelist=n1 --output=out job.sh)
	wait_lines saved 5
	wait_lines out 5
	drive_off "$saved" --partition=high
	wait_over "$job"
	until_true 60 "it is accounted as preempted" was_preempted "$job"
	let_end
	ended_well "$saved"
	is_exact saved
}
