/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * parent_job.h - what a job must not inherit from a checkpointed job in whose script it
 * was submitted: that one's folder, a TMPDIR in it, and what was added to its environment
 * for its own programs (base/environment.h).
 *
 * Pure: nothing here needs Slurm.
 */
#ifndef SPANK_PARENT_JOB_H
#define SPANK_PARENT_JOB_H

#include <stdbool.h>

/* The names of the variables that are to go, up to NULL. */
extern const char *const parent_job_variables[];

/*
 * The name of the next variable in a list of added ones (base/environment.h) that has the
 * value with which it was added, by what value_of() says of it; NULL if there is no more.
 * rest is changed. At most ENVIRONMENT_ADDED_MAX are looked at.
 */
struct parent_job_added {
	char *rest;
	unsigned int seen;
	const char *(*value_of)(void *arg, const char *name);
	void *arg;
};

const char *parent_job_next_added(struct parent_job_added *added);

/* Is this TMPDIR the own one of the job with that folder, or in it? Either may be NULL.
 */
bool parent_job_owns_tmpdir(const char *tmpdir, const char *folder);

/* Give this program the TMPDIR that it would have without us, if it has the job's. */
void parent_job_reset_tmpdir(void);

/* Take all of it out of this program's environment, which sbatch is about to send. */
void parent_job_drop(void);

#endif
