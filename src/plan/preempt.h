/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * preempt.h - the policy "preempt": free CPUs for the waiting jobs that suffer most, by
 * checkpoints of few running jobs that suffer little.
 */
#ifndef PLAN_PREEMPT_H
#define PLAN_PREEMPT_H

#include "plan/cluster.h"

/* Limits that differ for a job's first checkpoint and those after it. */
struct preempt_victim_limits {
	double factor; /* of the waiting job is at least so many times the victim's */
	double cpus;   /* of the victim are at most so many times the waiting job's */
	double length; /* the victim's remaining work, in the waiting job's, at least */
};

struct preempt_limits {
	struct preempt_victim_limits first, again;
	double share;	      /* of all jobs that are ever checkpointed, at most */
	uint32_t checkpoints; /* of one job, at most */
	long rest;	      /* seconds that a job works before it is asked to leave */
	double patience;      /* factor from which on no later job takes what is free */
	size_t victims;	      /* at most, for one waiting job */
	size_t tries; /* waiting jobs for which victims are looked for, at a time */
};

extern const struct preempt_limits preempt_defaults;

enum preempt_act { PREEMPT_BOOST, PREEMPT_LEAVE };

struct preempt_move {
	enum preempt_act act;
	struct cluster_job *job;
	struct cluster_job *because; /* the waiting job for which it leaves */
};

/* All zero to begin with; kept from one call to the next for its memory. */
struct preempt_plan {
	struct preempt_move *moves;
	size_t count, room;
	struct cluster_job **candidates;
	double *factors; /* of the candidates, beside them */
	size_t candidate_count, candidate_room;
};

/*
 * Fill plan with what is to be done now; nothing of the cluster changes. c->waiting is in
 * the order of order_queue(). A protected job may have the CPUs of any job that is not near
 * its end, within the other limits. -1 without memory.
 */
int preempt_decide(const struct preempt_limits *limits, const struct cluster *c,
		   struct preempt_plan *plan);

void preempt_plan_free(struct preempt_plan *plan);

#endif
