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
	preempt_ten_times "$job"
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

# again_elsewhere openmpi|mpich: a script starts mpirun, continues on another node, and
# starts it twice more, once for as many ranks as it has tasks
again_elsewhere() {
	local job
	build_mpi "$1"
	put job <<END
#!/bin/bash
mpirun.$1 -n 2 ./mpi.$1 3 || exit
while [ ! -e over ]; do sleep 0.1; done
mpirun.$1 -n 2 ./mpi.$1 3 || exit
mpirun.$1 hostname
END
	job=$(submit --checkpoint --ntasks=2 --mem=1800 --export=ALL,PACE=0 --nodelist=n1 --output=out job)
	wait_lines out 3
	alice scheckpoint vacate "$job"
	alice scheckpoint restart --nodelist=n2 "$job"
	wait_event "$job" restart
	alice touch "$WORK/over"
	wait_over "$job"
	wait_accounted "$job" "COMPLETED|0:0"
	get out
	[ "$(get out | wc -l)" -eq 8 ]
	diff <(get out | sed -n 1,3p) <(get out | sed -n 4,6p)
	[ "$(get out | tail -n 2 | sort -u)" == n2 ]
}

@test "a script that starts OpenMPI's mpirun again on another node does so there" {
	again_elsewhere openmpi
}

@test "a script that starts MPICH's mpirun again on another node does so there" {
	again_elsewhere mpich
}

@test "what mpirun is told in a checkpointed job is not sent with the jobs that it submits" {
	local job
	put child <<<$'#!/bin/sh\nenv'
	put job <<<$'#!/bin/sh\nenv >parent\nexport UCX_TLS=all\nsbatch --wait --no-checkpoint --output=child.out child\nmpirun.openmpi -n 1 true'
	job=$(submit --checkpoint --checkpoint-cpu=x86-64-v2 --output=out job)
	ended_well "$job"
	get parent | grep '^HYDRA_LAUNCHER=fork$'
	get parent | grep '^PRTE_MCA_ras=^slurm$'
	get parent | grep '^GLIBC_TUNABLES='
	run get child.out
	echo "$output"
	# (Slurm itself sets some of them, for launchers that call srun.)
	refute grep -E '=fork$|=\^slurm$|^(UCX_POSIX|GLIBC_TUNABLES|OPENBLAS|SLURM_CHECKPOINT)|hostfile' <<<"$output"
	grep '^UCX_TLS=all$' <<<"$output"
}
