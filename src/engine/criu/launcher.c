// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * launcher - what MPI is to know in a network of the job's own: all ranks are on this
 * node, and are to be the launcher's own children. In a job of Slurm's the hydra of MPICH
 * and Intel MPI would have srun start them, even there, and so outside of what is saved;
 * OpenMPI starts them itself. UCX, by which MPICH's ranks speak, is to use no memory of
 * System V, and none that it removes the name of while it is mapped: criu has no other
 * way to such a file than by its name, when it runs without privilege.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "engine/criu/criu.h"

static const char *const variables[] = {
	"HYDRA_LAUNCHER=fork",
	"I_MPI_HYDRA_BOOTSTRAP=fork",
	"UCX_TLS=posix,tcp,self",
	"UCX_POSIX_USE_PROC_LINK=n",
};

#define VARIABLES (sizeof(variables) / sizeof(variables[0]))

static bool is_set(char *const *envp, const char *variable)
{
	size_t length = strcspn(variable, "=") + 1;

	for (; *envp; envp++) {
		if (!strncmp(*envp, variable, length))
			return true;
	}
	return false;
}

char **criu_launcher_env(char *const *envp)
{
	size_t count = 0;
	char **more;

	while (envp[count])
		count++;
	more = calloc(count + VARIABLES + 1, sizeof(*more));
	if (!more)
		return NULL;
	memcpy(more, envp, count * sizeof(*more));
	for (size_t i = 0; i < VARIABLES; i++) {
		if (!is_set(envp, variables[i]))
			more[count++] = (char *)variables[i];
	}
	return more;
}
