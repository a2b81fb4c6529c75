/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * environment.h - the environment of a job, and the variables that we add to it.
 *
 * What is added for the job's own programs is not for the jobs that it submits: those may
 * run on many nodes, or unprotected. sbatch would send it along. So all that was added
 * is in one variable more, by which the plugin takes out again what the job has not
 * changed (spank/parent_job.h).
 */
#ifndef BASE_ENVIRONMENT_H
#define BASE_ENVIRONMENT_H

#include <stddef.h>

/* NAME=VALUE of each, with a tab between each two. */
#define ENVIRONMENT_ADDED "SLURM_CHECKPOINT_ADDED"

/* More are not read out of it: a user can write what they like there. */
#define ENVIRONMENT_ADDED_MAX 64

/*
 * A copy of an environment with those of count settings, NAME=VALUE, whose names it does
 * not have. environment_free() it; NULL without memory.
 */
char **environment_with(char *const *environment, const char *const *settings,
			size_t count);

/* With its strings. */
void environment_free(char **environment);

static inline void cleanup_environment_fn(char ***environment)
{
	environment_free(*environment);
}

#define cleanup_environment __attribute__((cleanup(cleanup_environment_fn)))

#endif
