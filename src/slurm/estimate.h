/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * estimate.h - where and when would Slurm start a job like this one?
 */
#ifndef SLURM_ESTIMATE_H
#define SLURM_ESTIMATE_H

#include <stdbool.h>
#include <time.h>

#include "plan/placement.h"
#include "slurm/jobs.h"

struct estimate {
	time_t start; /* 0 if it would not start at all */
	char *nodes;  /* owned */
	char *why;    /* why it would not, in Slurm's words; owned */
	bool never;   /* and it would not on any nodes, whoever else runs */
};

/*
 * What tells jobs apart as to where and when they could start: two with the same key get
 * the same answer. Owned by the caller; NULL without memory.
 */
char *estimate_key(const struct job_entry *job);

/*
 * Ask slurmctld, as sbatch --test-only does, of a job of the same request, but placed as
 * placement says, and leaving its user's other limits aside. It takes the jobs that run
 * now into account, and not those that wait. estimate_free() in any case.
 */
int estimate_start(const struct job_entry *job, const struct placement *placement,
		   struct estimate *estimate, struct error *e);

void estimate_free(struct estimate *estimate);

#endif
