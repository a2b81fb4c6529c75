#!/usr/bin/env bats
# /shared by NFS as a site has it: a server of its own, root squashed, and the kernels of
# two nodes, which differ, with their usual caches.

load vm

setup_file() {
	up --nodes 0 --vm 2 --kernel 6.12,newest --shared nfs
}
teardown_file() { down; }
setup() { new_workdir; }
teardown() {
	bring_back
	clean
}

# The controller does not see /shared: alice works on the first node.
alice() { cluster run -u alice n1 "$@"; }

# bats test_tags=smoke
@test "the nodes have /shared by NFS 4.2, where root is nobody" {
	[[ $(cluster run n1 findmnt -no FSTYPE,OPTIONS /shared) == nfs4*vers=4.2* ]]
	cluster run n1 touch /shared/of-root
	[ "$(cluster run n2 stat -c %U /shared/of-root)" = nobody ]
	refute cluster run n1 ls /shared/home/alice
}

# bats test_tags=smoke
@test "a job is asked for checkpoints from another node, and each of them is answered" {
	local job round
	ticking
	job=$(submit --checkpoint --nodelist=n2 --output=out job.sh)
	wait_lines out 3
	for round in 1 2 3; do
		run alice scheckpoint create "$job"
		echo "$output"
		[ "$status" -eq 0 ]
		slowly "generation $round is seen from the other node" has_generation "$job" "$round"
	done
	leave_for "$job" n1
	let_end
	slowly "job $job is over" is_over "$job"
	wait_accounted "$job" "COMPLETED|0:0"
	is_exact out
}

@test "a node dies: its job continues on the other, every line once" {
	local job before
	ticking
	job=$(submit --checkpoint=5s --nodelist=n2 --output=out job.sh)
	slowly "job $job has a generation" has_generation "$job" 2
	before=$(restarts "$job")
	lose n2
	slowly "job $job is requeued" restarted "$job" "$before"
	slowly "job $job may run on any node" root scontrol update JobId="$job" ReqNodeList=
	slowly "job $job continues" has_event "$job" restart
	let_end
	slowly "job $job is over" is_over "$job"
	wait_accounted "$job" "COMPLETED|0:0"
	is_exact out
}

@test "the server is away for a minute while a checkpoint is taken: the job loses nothing" {
	local job
	ticking
	job=$(submit --checkpoint --nodelist=n2 --output=out job.sh)
	wait_lines out 3
	alice scheckpoint create "$job"
	root scancel --batch --signal=41 "$job"
	cluster kill nfs
	sleep 60 # what the test is about
	cluster boot nfs
	slowly "job $job has its second generation" has_generation "$job" 2
	leave_for "$job" n1
	let_end
	slowly "job $job is over" is_over "$job"
	wait_accounted "$job" "COMPLETED|0:0"
	is_exact out
}

@test "a generation whose files are still open on a node is removed, and leaves nothing behind" {
	local job holder
	ticking
	job=$(submit --checkpoint --nodelist=n2 --output=out job.sh)
	wait_lines out 3
	alice scheckpoint create "$job"
	run_on n2 sh -c 'exec 9<"$1"/1/manifest; echo open >held; while [ ! -e over ]; do sleep 1; done' _ "$(store "$job")" 3>&- &
	holder=$!
	slowly "the file is held open" has_lines held 1
	for _ in 1 2 3; do alice scheckpoint create "$job"; done
	let_end
	wait "$holder"
	slowly "job $job is over" is_over "$job"
	wait_accounted "$job" "COMPLETED|0:0"
	is_exact out
	[ -z "$(alice sh -c 'find "$1" -name ".nfs*" 2>/dev/null' _ "$(store "$job")")" ]
}

@test "a lock of the job's is held for programs on the other node" {
	local job
	put lock.py <<-'END'
		#!/usr/bin/env python3
		import fcntl, os, time
		f = open("lock", "w")
		fcntl.lockf(f, fcntl.LOCK_EX)
		print("locked", flush=True)
		while not os.path.exists("over"):
		    time.sleep(0.5)
	END
	put try.py <<-'END'
		import fcntl
		fcntl.lockf(open("lock", "w"), fcntl.LOCK_EX | fcntl.LOCK_NB)
	END
	job=$(submit --checkpoint --nodelist=n2 --output=out lock.py)
	wait_lines out 1
	run run_on n1 python3 try.py
	[[ $output == *"Resource temporarily unavailable"* ]]
	let_end
	slowly "job $job is over" is_over "$job"
	run_on n1 python3 try.py
}

# (That a start has begun is told to all nodes by an attribute of the output's.)
@test "a job that is requeued as soon as it is on its node is not held, and its output is exact" {
	local job jobs=()
	put steps.sh <<<$'#!/bin/bash\nfor i in {1..5}; do echo $i; sleep 0.2; done'
	for _ in 1 2 3; do
		job=$(submit --checkpoint --nodelist=n2 --output=out-%j steps.sh)
		jobs+=("$job")
		slowly "job $job runs" runs_on "$job" n2
		alice scontrol requeue "$job"
	done
	for job in "${jobs[@]}"; do
		slowly "job $job is over" is_over "$job"
		wait_accounted "$job" "COMPLETED|0:0"
		diff <(seq 5) <(get "out-$job" | grep '^[0-9]')
	done
}

@test "a file that is gone from /shared is missing on all nodes, and the job is held with what to do" {
	local job
	put job.py <<-'END'
		#!/usr/bin/env python3
		import os, time
		f = open("input")
		print(f.readline(), end="", flush=True)
		while not os.path.exists("over"):
		    time.sleep(0.1)
		print(f.readline(), end="")
	END
	put input <<<$'first\nsecond'
	job=$(submit --checkpoint --nodelist=n2 --output=out job.py)
	wait_lines out 1
	run_on n1 cp input kept
	alice scheckpoint vacate "$job"
	slowly "job $job is held" is_held "$job"
	run_on n1 rm input
	alice scheckpoint restart "$job"
	slowly "job $job cannot continue" has_event "$job" held
	slowly "job $job is held again" is_held "$job"
	run alice scheckpoint show "$job"
	echo "$output"
	[[ $output == *"/input is gone, and the job was using it when it was saved; put it back"* ]]
	[[ $output != *"--nodelist="* ]]
	run_on n1 mv kept input
	alice scheckpoint restart "$job"
	slowly "job $job continues" has_event "$job" restart
	let_end
	slowly "job $job is over" is_over "$job"
	wait_accounted "$job" "COMPLETED|0:0"
	diff <(printf 'first\nsecond\n') <(get out)
}

# (With cgroup v2.)
@test "shared memory of which criu's copy would be more than the job may have is refused on a machine, too" {
	local job
	put job.py <<-'END'
		#!/usr/bin/env python3
		import mmap, os, time
		m = mmap.mmap(-1, 120 << 20)
		for i in range(0, 120 << 20, 4096):
		    m[i] = i >> 12 & 255
		print("ready", flush=True)
		while not os.path.exists("over"):
		    time.sleep(0.1)
		print(all(m[i] == i >> 12 & 255 for i in range(0, 120 << 20, 4096)))
	END
	job=$(submit --checkpoint --mem=200 --nodelist=n2 --output=out job.py)
	wait_lines out 1
	run alice scheckpoint vacate "$job"
	echo "$output"
	[ "$status" -ne 0 ]
	[[ $output == *"python3"*"shares memory without a file"*"larger --mem" ]]
	let_end
	slowly "job $job is over" is_over "$job"
	wait_accounted "$job" "COMPLETED|0:0"
	[ "$(get out | grep -v '^slurm-checkpoint: ')" == $'ready\nTrue' ]
}
