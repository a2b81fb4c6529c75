#!/usr/bin/env bats
# The promise for MPI on one node, saved by criu.

# bats file_tags=on:forky
load lib

setup() {
	[[ $SUITE == forky ]] || skip "no MPI in the tree of $SUITE, whose CRIU does not save sockets"
	new_workdir
}
teardown() { clean; }

# build_mpi openmpi|mpich
build_mpi() {
	put mpi.c <"$ROOT/test/cluster/programs/mpi.c"
	alice "mpicc.$1" -O1 -o "$WORK/mpi.$1" "$WORK/mpi.c"
}

# The script says nothing of checkpoints, nor sbatch of the network.
survives() { # openmpi|mpich STEPS OPTION-OF-MPIRUN...
	local mpi=$1 steps=$2 job
	shift 2
	echo "SEED=$SEED"
	build_mpi "$mpi"
	put job <<END
#!/bin/sh
mpirun.$mpi $* -n 3 ./mpi.$mpi $steps || exit
while [ ! -e over ]; do sleep 0.1; done
END
	alice touch "$WORK/over"
	job=$(submit --ntasks=2 --mem=1800 --export=ALL,PACE=0 --output=ref job)
	wait_over "$job"
	alice rm "$WORK/over"
	job=$(submit --checkpoint --ntasks=2 --mem=1800 --output=out job)
	wait_lines out 1
	for _ in {1..10}; do
		wait_running "$job"
		sleep "0.$((RANDOM % 1000))"
		preempt "$job"
	done
	alice touch "$WORK/over"
	wait_over "$job" 120
	wait_accounted "$job" "COMPLETED|0:0"
	[ "$(restarts "$job")" -eq 10 ]
	[ "$(get ref | wc -l)" -eq "$steps" ]
	diff <(get ref) <(get out)
}

@test "OpenMPI on one node: output after ten preemptions at random moments is that of the undisturbed run" {
	survives openmpi 400 --oversubscribe
}

@test "OpenMPI by TCP: output after ten preemptions at random moments is that of the undisturbed run" {
	survives openmpi 400 --oversubscribe --mca btl tcp,self --mca pml ob1
}

@test "MPICH on one node: output after ten preemptions at random moments is that of the undisturbed run" {
	survives mpich 400
}

@test "scheckpoint test proves for a program of MPI that it can be checkpointed" {
	build_mpi openmpi
	run cluster run -u alice n1 sh -c 'cd "$1" && scheckpoint test mpirun.openmpi --oversubscribe -n 2 ./mpi.openmpi 100' _ "$WORK"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"can be checkpointed: output of"*"the same after 2 restarts"* ]]
}
