/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * user_jobs.h - the jobs of the user who asks that have run since a time: of slurmctld,
 * as long as that remembers them (MinJobAge), and before that of slurmdbd.
 */
#ifndef SLURM_USER_JOBS_H
#define SLURM_USER_JOBS_H

#include <stddef.h>
#include <time.h>

#include "base/error.h"
#include "plan/sharing.h"

struct user_jobs {
	struct sharing_job *jobs; /* and all their text, owned */
	size_t count;
};

/* Read them into an empty list. -1 if some may be missing, since nobody tells. */
int user_jobs_since(struct user_jobs *list, time_t since, struct error *e);

void user_jobs_free(struct user_jobs *list);

#endif
