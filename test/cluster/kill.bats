#!/usr/bin/env bats
# kill -9 at any instant: what was committed stands, and is gone on from.

# bats file_tags=on:trixie
load lib

setup() { new_workdir; }
teardown() { clean; }

# KILLS and SEED for more, or the same again.
@test "runner, criu or everything killed at random instants: the newest generation restores, every line once" {
	put kill.py <"$ROOT/test/cluster/programs/kill_at_random.py"
	put count.sh <<<$'#!/bin/bash\nfor ((i = 1; ; i++)); do\n\techo $i\n\tsleep 0.02\n\t[ ! -e stop ] || exit 0\ndone'
	echo "SEED=$SEED"
	run cluster run n1 "$WORK/kill.py" "$WORK" "${KILLS:-200}" "$SEED"
	echo "$output"
	[ "$status" -eq 0 ]
}

has_restored() { [[ $(alice grep -c '"event":"restart"' "$(store "$1")/events") -gt $2 ]]; }

# NODE_KILLS and SEED for more, or the same again.
@test "the power of nodes fails at random instants: the newest generation restores, every line once" {
	local jobs=() job node restored kills=${NODE_KILLS:-8} i
	echo "SEED=$SEED"
	put count.sh <<<$'#!/bin/bash\nuntil [ -e stop ]; do echo $((++i)); sleep 0.02; done'
	for i in 1 2; do
		jobs+=("$(submit --checkpoint=1s --checkpoint-keep=2 --output="out$i" count.sh)")
	done
	# They may be on one node: without a checkpoint the other one would start over.
	for job in "${jobs[@]}"; do wait_generation "$job"; done
	for ((i = 0; i < kills; i++)); do
		job=${jobs[RANDOM % 2]}
		# It may have been ended by mistake; then Slurm asks its node again after a minute.
		until_true 180 "job $job runs" is_state "$job" RUNNING
		wait_generation "$job"
		restored=$(alice grep -c '"event":"restart"' "$(store "$job")/events" || true)
		node=$(job_node "$job")
		sleep "$((RANDOM % 2)).$(printf %03d $((RANDOM % 1000)))"
		lose "$node"
		alice scheckpoint verify "$job"
		# As a site's monitoring tells.
		root scontrol update "NodeName=$node" State=DOWN Reason="power failure"
		until_true 180 "job $job continues" has_restored "$job" "$restored"
		bring_back
	done
	alice touch "$WORK/stop"
	for i in 1 2; do
		wait_over "${jobs[i - 1]}"
		wait_accounted "${jobs[i - 1]}" "COMPLETED|0:0"
		diff <(seq "$(get "out$i" | wc -l)") <(get "out$i")
		[ -z "$(generations "${jobs[i - 1]}")" ]
	done
}
