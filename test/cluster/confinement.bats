#!/usr/bin/env bats
# A restored job stays where Slurm put it, and nothing of ours is privileged.

# bats file_tags=on:trixie
load lib

setup() { new_workdir; }
teardown() { clean; }

# a job that has been preempted once and runs again: JOB and NODE
restored_job() {
	build heap
	put job.sh <<<$'#!/bin/sh\nexec ./heap 200 1000'
	JOB=$(submit --checkpoint --mem=1000 --output=out job.sh)
	wait_lines out 2
	preempt "$JOB"
	wait_running "$JOB"
	wait_event "$JOB" restart
	NODE=$(job_node "$JOB")
	until_true 60 "it continues" eval '[[ $(processes $NODE alice) == *heap* ]]'
}

@test "restored processes are in the job's cgroup" {
	restored_job
	cluster run "$NODE" sh -c 'grep -hE "memory|freezer|^0::" /proc/$(pgrep -u alice -x heap)/cgroup' | tee /dev/stderr | grep -q "job_$JOB/"
	[ "$(cluster run "$NODE" sh -c 'cat /proc/$(pgrep -u alice -x heap)/cgroup')" = \
		"$(cluster run "$NODE" sh -c 'cat /proc/$(pgrep -u alice -x runner | head -n 1)/cgroup')" ]
}

@test "scancel leaves no process of a restored job" {
	restored_job
	alice scancel "$JOB"
	wait_over "$JOB"
	wait_no_processes "$NODE" alice
	refute cluster run "$NODE" sh -c "ls -d /tmp/slurm-checkpoint-$JOB-*"
}

@test "scancel --signal=KILL of the batch task leaves no process" {
	restored_job
	alice scancel --batch --signal=KILL "$JOB"
	wait_over "$JOB"
	wait_no_processes "$NODE" alice
}

@test "accounting counts a restored job's memory" {
	restored_job
	until_true 60 "its memory is seen" eval '[[ $(root sstat --noconvert -n -P -j $JOB.batch -o maxrss) -gt 150000000 ]]'
}

@test "the memory limit holds for a restored job" {
	put grow.py <<'END'
import os, sys, time
print("small", flush=True)
while not os.path.exists("grow"):
    time.sleep(0.1)
x = bytearray(1)
while True:
    x += b"x" * (10 << 20)
END
	put job.sh <<<$'#!/bin/sh\nexec python3 grow.py'
	JOB=$(submit --checkpoint --mem=200 --output=out job.sh)
	wait_lines out 1
	preempt "$JOB"
	wait_event "$JOB" restart
	alice touch "$WORK/grow"
	wait_over "$JOB"
	wait_accounted "$JOB" "OUT_OF_MEMORY|0:125"
}

@test "no process of the project runs as root; no file of it is privileged" {
	restored_job
	checkpoint "$JOB"
	[ -z "$(cluster run "$NODE" ps -u root -o args= | grep -E 'slurm-checkpoint|[c]riu' | grep -v grep || true)" ]
	[ -z "$(root find /usr/libexec/slurm-checkpoint /usr/lib/*/slurm-wlm/checkpoint.so -perm /6000)" ]
	root getcap -r /usr/libexec/slurm-checkpoint /usr/bin/scheckpoint >"$BATS_TEST_TMPDIR/capabilities"
	[ ! -s "$BATS_TEST_TMPDIR/capabilities" ]
}

@test "a generation's manifest has each file of it, with its digest" {
	local generation
	restored_job
	checkpoint "$JOB"
	generation=$(store "$JOB")/$(newest "$JOB")
	diff <(alice ls "$generation" | grep -vx manifest | sort) \
		<(alice sed -n 's/^file [0-9]* [0-9a-f]* //p' "$generation/manifest" | sort)
}

@test "every file in the store is its owner's alone" {
	restored_job
	checkpoint "$JOB"
	[ -z "$(root find /shared/checkpoint/alice ! -user alice)" ]
	[ -z "$(root find /shared/checkpoint/alice ! -type l ! -perm 600 ! -perm 700)" ]
	refute bob ls /shared/checkpoint/alice
}
