#!/usr/bin/env bats
# What Slurm's own commands do to checkpointed jobs: doc/recipes/slurm-commands.md.

load lib

setup() {
	new_workdir
	ticking
}
teardown() {
	clean
	[[ -z $(root scontrol -o show reservation 2>/dev/null | grep ReservationName=) ]] || root scontrol delete ReservationName=repair
}

saved_job() { # SBATCH-OPTION...
	JOB=$(submit --checkpoint --output=out "$@" job.sh)
	wait_lines out 5
	alice scheckpoint create --quiet "$JOB"
}

was_cancelled() { [[ $(accounted "$JOB") == CANCELLED* ]]; }
ends_exactly() {
	let_end
	wait_over "$JOB"
	wait_accounted "$JOB" "COMPLETED|0:0"
	is_exact out
}
stands_still() {
	local before
	before=$(get out | wc -l)
	sleep 1
	[ "$(get out | wc -l)" -eq "$before" ]
}

@test "scontrol suspend stops a job and resume has it go on; it cannot be saved meanwhile" {
	saved_job
	root scontrol suspend "$JOB"
	until_true 60 "it is suspended" is_state "$JOB" SUSPENDED
	until_true 60 "it stands still" stands_still
	run alice scheckpoint create --timeout=2s "$JOB"
	echo "$output"
	[ "$status" -eq 1 ]
	[ "$(newest "$JOB")" -eq 1 ]
	root scontrol resume "$JOB"
	alice scheckpoint create "$JOB"
	ends_exactly
}

@test "scontrol requeue: the job goes on from its last checkpoint" {
	saved_job
	alice scontrol requeue "$JOB"
	until_true 60 "it is requeued" restarted "$JOB" 0
	wait_running "$JOB"
	ends_exactly
	alice scheckpoint show "$JOB" | grep -q 'Event=restart.*Generation=1'
}

@test "scontrol requeuehold: the job is held, and goes on from its last checkpoint when released" {
	saved_job
	alice scontrol requeuehold "$JOB"
	wait_held "$JOB"
	alice scontrol release "$JOB"
	wait_running "$JOB"
	ends_exactly
	alice scheckpoint show "$JOB" | grep -q 'Event=restart.*Generation=1'
}

@test "scancel: the job ends, its checkpoint stays, and scheckpoint restart goes on from it" {
	saved_job
	alice scancel "$JOB"
	wait_over "$JOB"
	until_true 60 "it is accounted as cancelled" was_cancelled
	[ "$(generations "$JOB")" = 1 ]
	alice scheckpoint restart "$JOB"
	wait_running "$JOB"
	ends_exactly
}

@test "a reservation for maintenance: a job there runs on until it is asked to leave, and goes on elsewhere" {
	local node
	saved_job
	node=$(job_node "$JOB")
	root scontrol create reservation ReservationName=repair StartTime=now Duration=60 Nodes="$node" Users=root Flags=maint,ignore_jobs
	is_state "$JOB" RUNNING
	[ "$(root squeue -h -w "$node" -o %A)" = "$JOB" ]
	root scheckpoint requeue "$JOB"
	until_true 60 "it is requeued" restarted "$JOB" 0
	wait_running "$JOB"
	[ "$(job_node "$JOB")" != "$node" ]
	ends_exactly
	alice scheckpoint show "$JOB" | grep -q 'Event=checkpoint.*Reason=requeue'
}

@test "a reservation on all nodes: a job that has left waits for its end, and goes on then" {
	saved_job
	root scontrol create reservation ReservationName=repair StartTime=now Duration=60 Nodes=ALL Users=root Flags=maint,ignore_jobs
	root scheckpoint requeue "$JOB"
	until_true 60 "it is requeued" restarted "$JOB" 0
	until_true 60 "it waits for the nodes" waits_for_nodes
	root scontrol delete ReservationName=repair
	wait_running "$JOB"
	ends_exactly
}
waits_for_nodes() { [[ $(job_field "$JOB" Reason) =~ (Reserv|ReqNodeNotAvail|Nodes_required) ]]; }
