#!/usr/bin/env bats
# Where no CRIU fits: the plugin loads, its options are understood, the job runs
# unprotected with one sentence, and is requeued by Slurm as any other.

load ../lib

setup() {
	new_workdir
	CONF=$(root cat /etc/slurm/checkpoint.conf)
}
teardown() {
	root tee /etc/slurm/checkpoint.conf <<<"$CONF" >/dev/null
	clean
}

@test "sbatch knows the options, and refuses a wrong value in one line" {
	alice sbatch --help | grep -q -- '--checkpoint\[=INTERVAL\]\|--checkpoint=\[INTERVAL\]\|--checkpoint'
	put job.sh <<<$'#!/bin/sh\ntrue'
	run submit --checkpoint=banana job.sh
	[ "$status" -ne 0 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == *banana* ]]
	queue_empty
}

@test "without an engine the job runs unprotected, says so once, and ends as it would" {
	local job
	[[ $SUITE == bookworm ]] || skip "this suite has CRIU"
	put job.sh <<<$'#!/bin/sh\necho out\nexit 42'
	job=$(submit --checkpoint=10m --output=out job.sh)
	wait_over "$job"
	wait_accounted "$job" "FAILED|42:0"
	[ "$(get out | wc -l)" -eq 2 ]
	[ "$(get out | grep -c 'it runs unprotected: criu is not installed')" -eq 1 ]
}

@test "a job that does not ask runs as without the plugin" {
	local job
	put job.sh <<<$'#!/bin/sh\necho out; env | grep CHECKPOINT; true'
	job=$(submit --output=out job.sh)
	wait_over "$job"
	[ "$(get out)" = out ]
}

@test "an unprotected job is preempted, requeued and starts over, its output not doubled" {
	local job
	put job.sh <<<$'#!/bin/sh\nfor i in 1 2 3 4 5 6 7 8 9 10; do echo $i; sleep 0.2; done\ntest -e go || sleep 60'
	root tee -a /etc/slurm/checkpoint.conf <<<"CriuPath=/none" >/dev/null
	job=$(submit --checkpoint --output=out job.sh)
	wait_lines out 5
	alice scontrol requeue "$job"
	until_true 60 "it is requeued" restarted "$job" 0
	alice touch "$WORK/go"
	wait_over "$job"
	diff <(seq 10) <(get out | grep -v ^slurm)
}
