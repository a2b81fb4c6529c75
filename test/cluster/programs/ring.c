/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ring STEPS - an MPI job: in each step a number goes once around all ranks, each of
 * which changes it, and rank 0 prints what came back and the sum of all ranks' states.
 */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int steps = argc > 1 ? atoi(argv[1]) : 100;
	int pause = getenv("PACE") ? atoi(getenv("PACE")) : 100000;
	unsigned int token = 1, state, sum;
	int rank, size;

	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &size);
	state = (unsigned int)rank + 1;
	for (int i = 1; i <= steps; i++) {
		if (rank == 0)
			MPI_Send(&token, 1, MPI_UNSIGNED, 1 % size, 0, MPI_COMM_WORLD);
		MPI_Recv(&token, 1, MPI_UNSIGNED, (rank + size - 1) % size, 0,
			 MPI_COMM_WORLD, MPI_STATUS_IGNORE);
		token = token * 1103515245u + (unsigned int)rank;
		if (rank != 0)
			MPI_Send(&token, 1, MPI_UNSIGNED, (rank + 1) % size, 0,
				 MPI_COMM_WORLD);
		state = state * 1664525u + token;
		MPI_Reduce(&state, &sum, 1, MPI_UNSIGNED, MPI_SUM, 0, MPI_COMM_WORLD);
		if (rank == 0) {
			printf("step %d %u %u\n", i, token, sum);
			fflush(stdout);
			usleep((useconds_t)pause);
		}
	}
	MPI_Finalize();
	return 0;
}
