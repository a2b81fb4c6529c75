/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * demand.h - what a step needs of its job, as slurmctld reckons it for a job on one node.
 */
#ifndef STEP_DEMAND_H
#define STEP_DEMAND_H

#include "step/srun_options.h"

/* What the job has on its node. */
struct room {
	long cpus;
	uint64_t mem; /* MiB; 0: nobody counts it */
};

struct demand {
	long ntasks;
	long cpus_per_task; /* 0: as it comes */
	long cpus;	    /* of the step */
	uint64_t mem;	    /* MiB; 0: none is counted */
	bool exact;	    /* just these CPUs; or all that the job has */
	bool shares;	    /* with all other steps: nothing is taken from them */
	bool per_node_void; /* --ntasks-per-node is less than the tasks, and ignored */
};

/* The demand of options in a job. -1: Slurm would not grant it, now or ever. */
int demand_make(struct demand *r, const struct srun_options *o, const struct room *room);

#endif
