#!/usr/bin/env bats
# The promise for MPI on one node by srun, in a job that has an srun of its own.

# bats file_tags=on:forky
load lib

setup() { new_workdir; }
teardown() { clean; }

needs_mpi() {
	[[ $SUITE == forky ]] || skip "no MPI in the tree of $SUITE, whose CRIU does not save sockets"
}

# build_mpi openmpi|mpich
build_mpi() {
	put mpi.c <"$ROOT/test/cluster/programs/mpi.c"
	alice "mpicc.$1" -O1 -o "$WORK/mpi.$1" "$WORK/mpi.c"
}

# survives TASKS LINES NETWORK REFERENCE-OPTION...: what the script "job" says in this network,
# preempted ten times at random moments, is what it says undisturbed with the options
survives() {
	local tasks=$1 lines=$2 net=$3 job
	shift 3
	echo "SEED=$SEED"
	alice touch "$WORK/over"
	job=$(submit --ntasks="$tasks" --mem=1800 --export=ALL,PACE=0 --output=ref "$@" job)
	wait_over "$job"
	alice rm "$WORK/over"
	[ "$(get ref | wc -l)" -eq "$lines" ]
	job=$(submit --checkpoint --checkpoint-srun=job --checkpoint-net="$net" --ntasks="$tasks" --mem=1800 --output=out job)
	wait_lines out 1
	preempt_ten_times "$job"
	let_end
	wait_over "$job" 120
	wait_accounted "$job" "COMPLETED|0:0"
	[ "$(restarts "$job")" -eq 10 ]
	diff <(get ref) <(get out)
	refute grep 'Event=failed' <(root scheckpoint show "$job")
}

@test "tasks that speak PMI by srun, in the node's network: output and exit status after ten preemptions are those of Slurm's srun undisturbed" {
	put pmi.py <"$ROOT/test/cluster/programs/pmi.py"
	put job <<<$'#!/bin/sh\nsrun --mpi=pmi2 ./pmi.py 400 4 2>/dev/null; echo "status $?"\nwhile [ ! -e over ]; do sleep 0.1; done'
	survives 2 401 host --no-checkpoint
	[ "$(get out | tail -n 1)" = "status 5" ]
}

@test "MPICH by srun --mpi=pmi2: output and exit status after ten preemptions are those of Slurm's srun undisturbed" {
	needs_mpi
	build_mpi mpich
	put job <<<$'#!/bin/sh\nsrun --mpi=pmi2 ./mpi.mpich 400; echo "status $?"\nwhile [ ! -e over ]; do sleep 0.1; done'
	survives 2 401 private --no-checkpoint
	[ "$(get out | tail -n 1)" = "status 0" ]
}

# (By Slurm's srun this MPICH ends with an error of PMI-2.)
@test "MPICH that speaks PMI-2 by srun: output and exit status after ten preemptions are those of the undisturbed run" {
	needs_mpi
	build_mpi mpich
	put job <<<$'#!/bin/sh\nexport MPIR_CVAR_PMI_VERSION=2\nsrun --mpi=pmi2 ./mpi.mpich 400; echo "status $?"\nwhile [ ! -e over ]; do sleep 0.1; done'
	survives 2 401 private --checkpoint --checkpoint-srun=job --checkpoint-net=private
	[ "$(get out | tail -n 1)" = "status 0" ]
}

# (Slurm of the tree has no plugin for PMIx.)
@test "OpenMPI by srun --mpi=pmix: output and exit status after ten preemptions are those of the undisturbed run" {
	needs_mpi
	build_mpi openmpi
	put job <<<$'#!/bin/sh\nsrun --mpi=pmix ./mpi.openmpi 400; echo "status $?"\nwhile [ ! -e over ]; do sleep 0.1; done'
	survives 2 401 private --checkpoint --checkpoint-srun=job --checkpoint-net=private
	[ "$(get out | tail -n 1)" = "status 0" ]
}

@test "MPI_Abort() in a task of srun ends the others, and says so as Slurm does" {
	needs_mpi
	put abort.c <<-'END'
		#include <mpi.h>
		#include <unistd.h>
		int main(int argc, char **argv)
		{
			int rank;

			MPI_Init(&argc, &argv);
			MPI_Comm_rank(MPI_COMM_WORLD, &rank);
			if (rank == 1)
				MPI_Abort(MPI_COMM_WORLD, 42);
			sleep(1000);
		}
	END
	alice mpicc.mpich -o "$WORK/abort.mpich" "$WORK/abort.c"
	alice mpicc.openmpi -o "$WORK/abort.openmpi" "$WORK/abort.c"
	put job <<<$'#!/bin/sh\nsrun -n2 --mpi=$1 ./abort.$2; echo "status $?" >&2'
	ended_well "$(submit --no-checkpoint --ntasks=2 --error=ref job pmi2 mpich)"
	ended_well "$(submit --checkpoint --checkpoint-srun=job --ntasks=2 --error=err job pmi2 mpich)"
	ended_well "$(submit --checkpoint --checkpoint-srun=job --ntasks=2 --error=err.openmpi job pmix openmpi)"
	get ref
	diff <(said_of_abort ref) <(said_of_abort err)
	# (OpenMPI's may end before srun ends it.)
	diff <(said_of_abort ref | grep -E 'STEP|status') <(said_of_abort err.openmpi | grep -E 'STEP|status')
}
# Without node, times, and what MPI itself says.
said_of_abort() {
	get "$1" | grep -E 'application called|CANCELLED|Terminated|status' | sort |
		sed -E -e 's/ n[0-9]+: / NODE: /' -e 's/^.*error: \*\*\* STEP [0-9.]+ ON n[0-9]+ CANCELLED AT [^ ]*/STEP CANCELLED/' -e 's/StepId=.*/STEP/'
}

@test "tasks of an MPI program that did not find each other are reported" {
	needs_mpi
	build_mpi mpich
	put job <<<$'#!/bin/sh\nPACE=0 srun -n2 ./mpi.mpich 1 >&2; PACE=0 srun -n2 --mpi=pmi2 ./mpi.mpich 1 >&2; srun -n2 --mpi=pmi2 true'
	ended_well "$(submit --checkpoint --checkpoint-srun=job --ntasks=2 --error=err job)"
	get err
	[ "$(count_in err 'StepId=[0-9]*.0: none of the 2 tasks of ./mpi.mpich, an MPI program, connected by --mpi=none, so each was alone; try --mpi=pmix (OpenMPI) or --mpi=pmi2 (MPICH, Intel MPI)')" -eq 1 ]
	[ "$(count_in err connected)" -eq 1 ]
}

@test "what has to be known of the network is said: of PMIx in the node's, and of Slurm's steps in the job's own" {
	put job <<<$'#!/bin/sh\nsrun -n2 --mpi=pmix true; echo "status $?" >&2; srun -n1 --propagate=NONE true; echo "status $?" >&2'
	ended_well "$(submit --checkpoint --checkpoint-srun=job --ntasks=2 --error=host job)"
	ended_well "$(submit --checkpoint --checkpoint-srun=job --checkpoint-net=private --ntasks=2 --error=private job)"
	get host
	get private
	[ "$(count_in host 'the tasks connect by TCP (--mpi=pmix), so the job cannot be saved until this step ends; submit with --checkpoint-net=private')" -eq 1 ]
	[ "$(count_in host 'status 0')" -eq 2 ]
	diff <(get private) <(cat <<-'END'
		status 0
		srun: error: slurm-checkpoint does not know --propagate, and Slurm cannot run this step in a network of the job's own; submit with --checkpoint-net=host
		status 1
	END
	)
}

@test "a step whose MPI srun cannot serve is left to Slurm, and that is said" {
	put job <<<$'#!/bin/sh\nPMIX_MCA_bfrops=none-such srun -n2 --mpi=pmix true; ls -d /dev/shm/.srun-pmix*'
	wait_over "$(submit --checkpoint --checkpoint-srun=job --ntasks=2 --output=out job)"
	get out
	[ "$(count_in out 'slurm-checkpoint cannot serve MPI (PMIx: .*), so Slurm itself runs this step, and the job cannot be saved until it ends')" -eq 1 ]
	[ "$(count_in out 'cannot access')" -eq 1 ]
}
