/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * job.h - what is asked of Slurm about a job. All use of libslurm is here.
 *
 * Each call may wait for slurmctld as long as Slurm's own commands would.
 */
#ifndef SLURM_JOB_H
#define SLURM_JOB_H

#include <stdbool.h>
#include <time.h>

#include "base/error.h"

struct job_view {
	bool preempted;	 /* chosen for preemption, living in its GraceTime */
	time_t end_time; /* when its time limit ends it */
};

int job_read(unsigned int job, struct job_view *view, struct error *e);

/* Take the job off its nodes and put it back in the queue; held if hold is true. */
int job_requeue(unsigned int job, bool hold, struct error *e);

#endif
