// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/launcher.h"

#include "base/environment.h"
#include "base/str.h"
#include "testing.h"

static char *const mine[] = { "PATH=/bin", "HYDRA_LAUNCHER=ssh", "UCX_TLSX=all",
			      "PRTE_MCA_plm=ssh", NULL };

static char *const slurms[] = { "I_MPI_HYDRA_BOOTSTRAP=slurm", "HYDRA_BOOTSTRAP=slurm",
				NULL };

static struct engine_job job_of(unsigned int number, unsigned int nodes)
{
	struct engine_job job = { .envp = mine, .job = number, .nodes = nodes };

	job.local[MOUNT_CONTROL].target = "/store/7/control";
	return job;
}

static void assert_has(char *const *env, const char *name, const char *want)
{
	const char *got = str_find_variable(env, name);

	if (!want)
		assert_null(got);
	else
		assert_string_equal(got, want);
}

static void launchers_are_told_unless_the_user_has_told_them(void **state)
{
	struct engine_job job = job_of(7, 1);
	char **env = launcher_environment_own_net(&job);

	(void)state;
	assert_has(env, "PATH", "/bin");
	assert_has(env, "HYDRA_LAUNCHER", "ssh");
	assert_has(env, "I_MPI_HYDRA_BOOTSTRAP", "fork");
	assert_has(env, "UCX_TLSX", "all");
	assert_has(env, "UCX_TLS", "posix,tcp,self");
	assert_has(env, "PRTE_MCA_plm", "ssh");
	assert_has(env, "OMPI_MCA_plm", "^slurm");
	assert_has(env, "PRTE_MCA_prte_default_hostfile", "/store/7/control/hosts");
	assert_has(env, "OMPI_MCA_orte_default_hostfile", "/store/7/control/hosts");
	environment_free(env);
}

static void what_slurm_says_of_them_is_not_the_users(void **state)
{
	struct engine_job job = job_of(7, 1);
	char **env;

	(void)state;
	job.envp = slurms;
	env = launcher_environment_own_net(&job);
	assert_has(env, "I_MPI_HYDRA_BOOTSTRAP", "fork");
	assert_has(env, "HYDRA_BOOTSTRAP", "fork");
	environment_free(env);
	env = launcher_environment(&job);
	assert_has(env, "I_MPI_HYDRA_BOOTSTRAP", "slurm");
	environment_free(env);
}

static void openmpi_goes_by_slurm_where_it_has_to(void **state)
{
	static const struct {
		unsigned int job, nodes;
	} cases[] = { { 7, 2 }, { 0, 1 } };

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct engine_job job = job_of(cases[i].job, cases[i].nodes);
		char **env = launcher_environment(&job);

		assert_has(env, "PRTE_MCA_ras", NULL);
		assert_has(env, "OMPI_MCA_orte_default_hostfile", NULL);
		assert_has(env, "I_MPI_HYDRA_BOOTSTRAP", NULL);
		environment_free(env);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(launchers_are_told_unless_the_user_has_told_them),
		cmocka_unit_test(what_slurm_says_of_them_is_not_the_users),
		cmocka_unit_test(openmpi_goes_by_slurm_where_it_has_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
