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
