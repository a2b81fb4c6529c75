/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * binding.h - the job's CPUs, and which of them each task of a step runs on.
 */
#ifndef STEP_BINDING_H
#define STEP_BINDING_H

#include <sched.h>

#include "step/srun_options.h"

#define BINDING_CPUS_MAX CPU_SETSIZE

/* CPUs in ascending order, and where they are in the machine. */
struct cpus {
	int count;
	int number[BINDING_CPUS_MAX];
	int core[BINDING_CPUS_MAX]; /* the same number for threads of one core */
	int socket[BINDING_CPUS_MAX];
};

/* Those of a set, with what /sys tells of them. */
void binding_read_cpus(struct cpus *cpus, const cpu_set_t *set);

/* How to bind the tasks of a step. */
struct binding {
	enum step_bind bind;
	const char *list; /* of map_cpu or mask_cpu */
	long ntasks;
	long cpus_per_task; /* 0: 1 */
	bool fill;	    /* a socket before the next; else they take turns */
};

/*
 * The CPUs of one task, as those before it have left them, of those that the step has. 0, or -1 if a list names one that the
 * step has not, or cannot be read.
 */
int binding_of_task(const struct binding *b, const struct cpus *cpus, long task,
		    cpu_set_t *set);

/* As Slurm writes a set: 0x3. Owned by the caller. */
char *binding_format(const cpu_set_t *set);

#endif
