/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jobs.h - all jobs that slurmctld knows, in one request.
 */
#ifndef SLURM_JOBS_H
#define SLURM_JOBS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

#include "base/error.h"

struct job_info; /* libslurm's */

enum job_phase {
	JOB_QUEUED, /* pending, and may start */
	JOB_HELD,   /* pending, and may not before it is released */
	JOB_RUNS,   /* running, or suspended */
	JOB_LEAVES, /* completing: its nodes are being cleaned up */
	JOB_OVER,
};

#define JOB_NO_LIMIT (-1L)

struct job_entry {
	unsigned int id;
	unsigned int array;	 /* of an element: the array's number; or 0 */
	unsigned int array_task; /* JOBSPEC_NO_TASK (plan/jobspec.h) if it is none */
	uid_t user;
	char *user_name;
	char *partition;
	char *nodes; /* a hostlist; "" without any */
	enum job_phase phase;
	unsigned int restarts;
	unsigned int batch_flag; /* as for job_failures_left() */
	/* Its request. */
	char *nodelist;	  /* nodes that it asks for, a hostlist; "" for none */
	char *exclude;	  /* and that it refuses */
	char *constraint; /* features that its nodes must have */
	unsigned int node_count;
	unsigned int cpus;	   /* on each node, */
	unsigned long long memory; /* and MB of memory; 0: not said */
	bool whole_nodes;	   /* it shares them with no other job */
	bool one_node;		   /* it can have no more than one */
	time_t submit;		   /* or when it was last requeued */
	long limit;		   /* seconds; JOB_NO_LIMIT */
	bool requeue;		   /* Slurm may put it back in the queue */
	/* Its place in the queue. */
	unsigned int priority;
	unsigned int nice; /* as Slurm writes it to itself */
	bool competes;	   /* it waits for nodes, and for nothing else */
	time_t begin;	   /* when it may start; when it began, of one that runs */
	bool suspended;
	const struct job_info *info; /* all that Slurm tells, for slurm/ alone */
};

struct job_table {
	struct job_entry *jobs;
	size_t count;
	time_t updated; /* by slurmctld's clock */
	void *message;	/* in which the jobs' info is */
};

/*
 * Read the jobs, in ascending order of their ids. A table that was filled before is read
 * again only if something has changed. job_table_free() it also after a failure.
 */
int job_table_load(struct job_table *table, struct error *e);

/* Read one job alone, into an empty table. */
int job_table_load_one(struct job_table *table, unsigned int id, struct error *e);

const struct job_entry *job_table_find(const struct job_table *table, unsigned int id);

void job_table_free(struct job_table *table);

#endif
