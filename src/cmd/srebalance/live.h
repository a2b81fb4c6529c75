/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * live.h - the cluster that is there, as the policies see it (plan/cluster.h).
 */
#ifndef CMD_SREBALANCE_LIVE_H
#define CMD_SREBALANCE_LIVE_H

#include "plan/cluster.h"
#include "slurm/jobs.h"
#include "slurm/nodes.h"

/* A job of the table, in the same order. */
struct live_job {
	struct cluster_job job;
	const struct job_entry *entry;
	bool checked;  /* its records have been read: what is said of it is known */
	bool *allowed; /* of this job alone; NULL: it shares with others of its request */
};

/* Partitions that are preferred, and how fast their nodes are. */
struct live_tier {
	const char *partition;
	double speed; /* 1: not known */
};

struct live_options {
	long now;
	const char *partition; /* nodes and jobs of this one alone; NULL: of all */
	const struct live_tier *tiers; /* the best first */
	size_t tier_count;
	/* Could the job be moved, as far as is known without its records? */
	bool (*movable)(void *arg, const struct job_entry *job);
	void *arg;
};

struct live {
	const struct job_table *table;
	const struct node_table *nodes;
	struct cluster c;
	struct live_job *jobs;
	size_t count;
	uint32_t *at; /* nodes of all jobs */
	size_t at_count, at_room;
	void *views; /* a tree of which nodes requests allow */
};

/*
 * Fill in the cluster from what Slurm says; both tables outlive it. live_free() also after
 * a failure. c.running has all jobs that are on nodes, and c.waiting those that wait for
 * nodes and for nothing else, the highest priority first. What a checkpoint takes is
 * estimated by the memory of a job.
 */
int live_fill(struct live *l, const struct job_table *table,
	      const struct node_table *nodes, const struct live_options *options,
	      struct error *e);

/* The job of the table that a policy speaks of. */
struct live_job *live_job(const struct cluster_job *job);

/* From now on the job may not be on these nodes, a hostlist. -1 without memory. */
int live_forbid(struct live *l, struct live_job *job, const char *nodes);

void live_free(struct live *l);

#endif
