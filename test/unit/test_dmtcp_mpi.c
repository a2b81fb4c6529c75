// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/dmtcp/mpi.h"

#include <string.h>

#include "base/environment.h"
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

static bool gets(char *const *envp, const char *variable)
{
	for (; *envp; envp++) {
		if (!strcmp(*envp, variable))
			return true;
	}
	return false;
}

static void libraries_of_mpi_are_told_in_every_job_and_launchers_in_theirs(void **state)
{
	const struct place *p = *state;
	char *argv[] = { (char *)place_path(p, "script"), NULL };
	char *const mine[] = { (char *)"UCX_MEM_EVENTS=yes", NULL };
	struct conf conf = { .dmtcp_mpi = true };
	struct engine_job job = { .argv = argv, .envp = mine, .conf = &conf };

	for (int mpi = 0; mpi < 2; mpi++) {
		cleanup_environment char **env = NULL;

		put_file(p->fd, "script",
			 mpi ? "#!/bin/sh\nmpirun.mpich ./a\n" : "#!/bin/sh\nlmp\n");
		env = mpi_environment(&job);
		assert_true(gets(env, "UCX_MEM_EVENTS=yes"));
		assert_false(gets(env, "UCX_MEM_EVENTS=no"));
		assert_true(gets(env, "UCX_MEM_MMAP_HOOK_MODE=none"));
		assert_true(gets(env, "HWLOC_COMPONENTS=-linuxio,-linuxpci"));
		assert_true(gets(env, "OMPI_MCA_btl=tcp,self"));
		assert_int_equal(gets(env, "UCX_TLS=tcp,self"), mpi);
	}
}

static void with_no_settings_the_environment_stays(void **state)
{
	const struct place *p = *state;
	char *argv[] = { (char *)place_path(p, "script"), NULL };
	char *const mine[] = { (char *)"PATH=/bin", NULL };
	struct conf conf = { .dmtcp_mpi = false };
	struct engine_job job = { .argv = argv, .envp = mine, .conf = &conf };
	cleanup_environment char **env = NULL;

	put_file(p->fd, "script", "#!/bin/sh\nmpirun ./a\n");
	env = mpi_environment(&job);
	assert_string_equal(env[0], "PATH=/bin");
	assert_null(env[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_program_that_starts_mpi_jobs_tells_which_mpi_it_is),
		in_place(libraries_of_mpi_are_told_in_every_job_and_launchers_in_theirs),
		in_place(with_no_settings_the_environment_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
