#!/usr/bin/env bats
# `scheckpoint test` on machines, with the kernels that Debian has and the CRIU of the suite.

load vm

setup_file() {
	up --nodes 1 --vm 3 --kernel 6.1,6.12,newest --root-fs ext4,xfs,ext4
}
teardown_file() { down; }
setup() { new_workdir; }
teardown() { clean; }

# can_be_saved COMMAND...: on each kernel
can_be_saved() {
	local node failed=
	for node in n2 n3 n4; do
		run run_on "$node" scheckpoint test --pause=1 -- "$@"
		echo "$node, $(cluster run "$node" uname -r): $output"
		[[ $status -eq 0 && $output == *" can be checkpointed: "*"the same after 2 restarts"* ]] || failed+=" $node"
	done
	[ -z "$failed" ]
}

@test "bash, with children and pipes, on each kernel" {
	put pipes.sh <"$ROOT/test/cluster/programs/pipes.sh"
	can_be_saved ./pipes.sh 50
}

@test "python3 with threads, on each kernel" {
	put threads.py <"$ROOT/test/cluster/programs/threads.py"
	can_be_saved python3 threads.py 80
}

@test "an OpenMP program, on each kernel" {
	build openmp -fopenmp
	can_be_saved ./openmp 100
}

@test "a static program, on each kernel" {
	build static -static
	can_be_saved ./static 200 static.out
}
