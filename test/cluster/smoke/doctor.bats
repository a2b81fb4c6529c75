#!/usr/bin/env bats
# scheckpoint doctor: what the running configuration lacks, and what to write where.

load ../lib

setup() { new_workdir; }
teardown() {
	clean
	no_recipe
}

doctor() { run cluster run -u alice n1 scheckpoint doctor "$@"; }

# without CRIU that is missing, and nothing else
nothing_of_slurms_is_missing() {
	echo "$output"
	refute grep -v 'criu is not installed' <(grep '^missing' <<<"$output")
	if [[ $SUITE == bookworm ]]; then
		[ "$status" -eq 1 ]
	else
		[ "$status" -eq 0 ]
	fi
}

@test "doctor finds nothing missing in the recipes" {
	local recipe
	for recipe in two-queues owners eternal thrashing unprotected; do
		recipe "$recipe"
		doctor
		nothing_of_slurms_is_missing
	done
	grep -q '^ok .*partition low makes way for others: a job has 20 seconds' <<<"$output"
	grep -q '^ok .*plugstack.conf loads checkpoint.so' <<<"$output"
	grep -q '^ok .*user alice can keep checkpoints in /shared/checkpoint/alice' <<<"$output"
}

# changed SCRIPT: a recipe, and what sed does to it
changed() {
	recipe two-queues
	root sed -i "$1" /etc/slurm/slurm.conf
	root scontrol reconfigure
	doctor
	echo "$output"
	[ "$status" -eq 1 ]
}

@test "doctor says what is missing, and what to write" {
	changed '/send_user_signal$/d; s/GraceTime=60//; s/^JobRequeue=.*/JobRequeue=0/'
	grep -q '^missing .*not told before they are preempted.*; write in slurm.conf: .*send_user_signal' <<<"$output"
	grep -q '^missing .*partition low has GraceTime=0.*; write in slurm.conf: PartitionName=low' <<<"$output"
	grep -q '^missing .*write in slurm.conf: JobRequeue=1' <<<"$output"
	doctor --json
	[ "$status" -eq 1 ]
	python3 -c 'import json, sys
found = json.load(sys.stdin)["findings"]
assert any(f["kind"] == "missing" and "JobRequeue=1" in (f["write"] or "") for f in found)' <<<"$output"
	doctor banana
	[ "$status" -eq 2 ]
	[ "${#lines[@]}" -eq 1 ]
}

@test "doctor sees a node that lacks the plugin, or whose checkpoint directory cannot be written to" {
	root mv /etc/slurm/plugstack.conf /etc/slurm/plugstack.away
	doctor --dir=/root/none
	root mv /etc/slurm/plugstack.away /etc/slurm/plugstack.conf
	echo "$output"
	[ "$status" -eq 1 ]
	grep -q '^missing .*does not load checkpoint.so.*; write in /etc/slurm/plugstack.conf: optional checkpoint.so' <<<"$output"
	grep -q '^missing .*user alice cannot write to /' <<<"$output"
	doctor
	nothing_of_slurms_is_missing
}
