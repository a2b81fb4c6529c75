// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mpi STEPS - ranks that sum what each of them has, and pass a growing message around a
 * ring, in every step; rank 0 prints a line a step, from which a wrong sum or a lost or
 * doubled message is seen. PACE is the milliseconds between steps, 20 by default.
 */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MESSAGE 65536 /* bytes, more than goes without the other's consent */

static unsigned long pass_around(int rank, int ranks, int step)
{
	static unsigned char out[MESSAGE], in[MESSAGE];
	unsigned long sum = 0;
	int length = 1 + step * 997 % MESSAGE;

	memset(out, (rank + step) & 0xff, (size_t)length);
	MPI_Sendrecv(out, length, MPI_BYTE, (rank + 1) % ranks, step, in, length,
		     MPI_BYTE, (rank + ranks - 1) % ranks, step, MPI_COMM_WORLD,
		     MPI_STATUS_IGNORE);
	for (int i = 0; i < length; i++)
		sum += in[i];
	return sum;
}

int main(int argc, char **argv)
{
	int rank, ranks, steps = argc > 1 ? atoi(argv[1]) : 100;
	const char *pace = getenv("PACE");
	unsigned int ms = pace ? (unsigned int)atoi(pace) : 20;
	unsigned long state = 1;

	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &ranks);
	for (int step = 1; step <= steps; step++) {
		unsigned long mine =
			pass_around(rank, ranks, step) + state * (unsigned)(rank + 1);
		unsigned long all;

		MPI_Allreduce(&mine, &all, 1, MPI_UNSIGNED_LONG, MPI_SUM, MPI_COMM_WORLD);
		state = all * 2862933555777941757UL + 3037000493UL;
		if (rank == 0) {
			printf("%d %lx\n", step, state);
			fflush(stdout);
		}
		usleep(ms * 1000);
	}
	MPI_Finalize();
	return 0;
}
