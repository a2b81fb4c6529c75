/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * job.h - what is asked of Slurm about one job. All use of libslurm is in this folder.
 *
 * Each call may wait for slurmctld as long as Slurm's own commands would.
 */
#ifndef SLURM_JOB_H
#define SLURM_JOB_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

#include "base/error.h"
#include "plan/placement.h"

struct job_view {
	time_t submitted;      /* by slurmctld's clock; or when it was last requeued */
	bool running;	       /* and not completing */
	bool queued;	       /* it is in the queue, or will be when it has ended */
	bool preempted;	       /* chosen for preemption, living in its GraceTime */
	bool requeue;	       /* Slurm may put it back in the queue */
	unsigned int restarts; /* how often Slurm has started it again */
	char host[HOST_NAME_MAX + 1]; /* its batch task's; or empty */
	/*
	 * Slurm 24.05 and later requeue a job of PreemptMode=REQUEUE when it ends
	 * within its GraceTime; or within that of an earlier run, if it was then
	 * requeued in another way. So a job that leaves ought to end; and one that
	 * has done its work may be started once more.
	 */
	bool requeued_at_end;
	/* The same, but with a PreemptMode that is not known here. */
	bool maybe_requeued_at_end;
	/*
	 * How often slurmctld will still requeue the job for a failure before it holds
	 * it (MaxBatchRequeue); since 24.05 it takes each end within a GraceTime for one.
	 */
	unsigned int failures_left;
};

/* errno is Slurm's, if it fails. */
int job_read(unsigned int job, struct job_view *view, struct error *e);

/*
 * The same, by who cannot go on without an answer: it waits until there is a slurmctld.
 * -1 only if that does not know the job.
 */
int job_read_for_sure(unsigned int job, struct job_view *view, struct error *e);

/*
 * Of a pending job: the nodes that it asks for and those that it refuses (hostlists;
 * NULL leaves them as they are); and let it start if it is held, with the other parts of a
 * heterogeneous job, as far as Slurm lets the caller.
 */
int job_set_nodes(unsigned int job, const char *nodes, const char *exclude,
		  struct error *e);
int job_release(unsigned int job, struct error *e);

/* What a job asks for as to where it runs; placement_free() it. */
int job_read_placement(unsigned int job, struct placement *placement, struct error *e);

/*
 * Change that, of what placement says, and when the job may start, unless begin is 0.
 * Slurm takes both while the job is pending, and also while it is still leaving its
 * nodes after a requeue, when it can not start yet.
 */
int job_place(unsigned int job, const struct placement *placement, time_t begin,
	      struct error *e);

/* Let a job that is pending start from then on. */
int job_begin(unsigned int job, time_t begin, struct error *e);

/*
 * Give a job, running or not, a priority of its own, which a requeue does not change:
 * operators alone may. JOB_PRIORITY_BY_SLURM has Slurm choose it again; nice is kept.
 */
#define JOB_PRIORITY_BY_SLURM 0xffffffffU
int job_set_priority(unsigned int job, unsigned int priority, unsigned int nice,
		     struct error *e);

/*
 * End a job, as scancel does; or signal its batch task, if Slurm lets the caller. By its
 * name (jobspec_name()): one element of an array has the array's number, by which
 * slurmctld would do that to all of them.
 */
int job_cancel(const char *name, struct error *e);
int job_signal_batch(const char *name, int signum, struct error *e);

/* Of a job, by its batch_flag, which is 1 and one more with each failure. */
unsigned int job_failures_left(unsigned int batch_flag);

/* The cluster's name, in a static buffer; NULL if slurmctld does not tell. */
const char *cluster_name(void);

/* Take the job off its nodes and put it back in the queue; held if hold is true. */
int job_requeue(unsigned int job, bool hold, struct error *e);

#endif
