// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/dmtcp/mpi.h"

#include "testing.h"

static void the_program_that_starts_mpi_jobs_tells_which_mpi_it_is(void **state)
{
	static const struct {
		const char *path;
		enum mpi mpi;
	} cases[] = {
		{ "/usr/bin/mpirun.openmpi", MPI_OPENMPI },
		{ "/usr/bin/orterun", MPI_OPENMPI },
		{ "/usr/bin/prterun", MPI_OPENMPI },
		{ "/opt/openmpi-5.0/bin/mpirun", MPI_OPENMPI },
		{ "/usr/bin/mpiexec.hydra", MPI_MPICH },
		{ "/usr/bin/mpirun.mpich", MPI_MPICH },
		{ "/opt/mpich/bin/mpiexec", MPI_MPICH },
		{ "/nowhere/bin/mpirun", MPI_EITHER },
		{ "/usr/bin/ls", MPI_NONE },
		{ "/opt/openmpi/bin/ls", MPI_NONE },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++)
		assert_int_equal(mpi_of_path(cases[i].path), cases[i].mpi);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_program_that_starts_mpi_jobs_tells_which_mpi_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
