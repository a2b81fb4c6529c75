// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * All ranks are on the job's node, and are to be the launcher's own children: what others
 * start is outside of what is saved.
 *
 * OpenMPI's mpirun starts them itself on the node that it takes for its own. Which nodes
 * there are it reads in SLURM_JOB_NODELIST, which in a shell that has continued elsewhere
 * names the node before: then it would have srun start the ranks, and wait for ever. So
 * it is to know nothing of Slurm, and the number of its slots is in a file. OpenMPI 4
 * reads OMPI_MCA_*, later releases PRTE_MCA_* (ras: the allocation; plm: how processes
 * are started on other nodes).
 *
 * The hydra of MPICH and Intel MPI has srun start them in a job of Slurm's even where it
 * is, and Slurm 26.05 tells it so by variables, of which the user knows nothing. UCX, by which MPICH's ranks speak, is to use no memory of System V, and none that it
 * removes the name of while it is mapped: criu has no other way to such a file than by
 * its name, when it runs without privilege.
 */
#include "engine/launcher.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/environment.h"
#include "base/present.h"
#include "base/str.h"

struct settings {
	const char *list[11];
	size_t count;
};

static void add(struct settings *settings, const char *setting)
{
	settings->list[settings->count++] = setting;
}

static void add_openmpi(struct settings *settings)
{
	add(settings, "OMPI_MCA_ras=^slurm");
	add(settings, "OMPI_MCA_plm=^slurm");
	add(settings, "PRTE_MCA_ras=^slurm");
	add(settings, "PRTE_MCA_plm=^slurm");
}

static void add_own_net(struct settings *settings)
{
	add(settings, "HYDRA_LAUNCHER=fork");
	add(settings, "HYDRA_BOOTSTRAP=fork");
	add(settings, "I_MPI_HYDRA_BOOTSTRAP=fork");
	add(settings, "UCX_TLS=posix,tcp,self");
	add(settings, "UCX_POSIX_USE_PROC_LINK=n");
}

static bool is_slurms(const char *setting)
{
	return !strcmp(setting, "HYDRA_BOOTSTRAP=slurm") ||
	       !strcmp(setting, "I_MPI_HYDRA_BOOTSTRAP=slurm");
}

/* The environment without those; to be freed, but not the strings. */
static char **users(char *const *environment)
{
	size_t count = 0, used = 0;
	char **rest;

	while (environment[count])
		count++;
	rest = calloc(count + 1, sizeof(*rest));
	for (size_t i = 0; rest && i < count; i++) {
		if (!is_slurms(environment[i]))
			rest[used++] = environment[i];
	}
	return rest;
}

static char **environment(const struct engine_job *job, bool own_net)
{
	const char *control = job->local[MOUNT_CONTROL].target;
	cleanup_free char *orte = NULL, *prte = NULL;
	cleanup_free char **theirs = own_net ? users(job->envp) : NULL;
	struct settings settings = { .count = 0 };

	if (job->job && job->nodes == 1 && control) {
		orte = str_printf("OMPI_MCA_orte_default_hostfile=%s/" PRESENT_HOSTS,
				  control);
		prte = str_printf("PRTE_MCA_prte_default_hostfile=%s/" PRESENT_HOSTS,
				  control);
		if (!orte || !prte)
			return NULL;
		add_openmpi(&settings);
		add(&settings, orte);
		add(&settings, prte);
	}
	if (!own_net)
		return environment_with(job->envp, settings.list, settings.count);
	add_own_net(&settings);
	return theirs ? environment_with(theirs, settings.list, settings.count) : NULL;
}

char **launcher_environment(const struct engine_job *job)
{
	return environment(job, false);
}

char **launcher_environment_own_net(const struct engine_job *job)
{
	return environment(job, true);
}
