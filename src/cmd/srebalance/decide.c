// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * decide - have a policy decide, read the records of the jobs that it chose, and decide
 * again by what they say, until nothing is new.
 */
#include <stdlib.h>

#include "base/str.h"
#include "cmd/srebalance/plan.h"
#include "plan/order.h"

/* Records are files on a shared file system. Jobs beyond so many stay where they are. */
#define READ_MAX 256

static const struct {
	const char *word;
	/* Of those that move placed jobs. */
	int (*decide)(const struct moves_limits *limits, const struct cluster *c,
		      struct moves *moves);
	const struct moves_limits *limits;
} policies[] = {
	[PLAN_ORDER] = { "order", NULL, NULL },
	[PLAN_PREEMPT] = { "preempt", NULL, NULL },
	[PLAN_DEFRAGMENT] = { "defragment", defragment_decide, &defragment_defaults },
	[PLAN_COMPACT] = { "compact", compact_decide, &compact_defaults },
	[PLAN_PROMOTE] = { "promote", promote_decide, &promote_defaults },
};

const char *plan_policy_word(enum plan_policy policy)
{
	return policies[policy].word;
}

/* ---- one decision ---- */

static int move_placed(struct plan *p)
{
	struct moves_limits limits = *policies[p->policy].limits;

	limits.at_once = p->at_once;
	limits.bandwidth = p->bandwidth;
	return policies[p->policy].decide(&limits, &p->live.c, &p->moves);
}

/* Only those that can be saved are there to be preempted. */
static void leave_movable(struct cluster_list *running)
{
	for (size_t i = running->count; i-- > 0;) {
		if (!running->jobs[i]->place.movable)
			cluster_list_remove(running, running->jobs[i]);
	}
}

static int decide_once(struct plan *p)
{
	if (policies[p->policy].decide)
		return move_placed(p);
	order_queue(&p->live.c);
	if (p->policy == PLAN_ORDER)
		return 0;
	leave_movable(&p->live.c.running);
	return preempt_decide(&preempt_defaults, &p->live.c, &p->preempt);
}

/* ---- with what is known of the jobs ---- */

static struct cluster_job *chosen(const struct plan *p, size_t i)
{
	const struct cluster_job *job;

	if (p->policy == PLAN_PREEMPT)
		return p->preempt.moves[i].act == PREEMPT_LEAVE ? p->preempt.moves[i].job
								: NULL;
	job = p->moves.moves[i].job;
	return job->phase == CLUSTER_RUNNING ? p->moves.moves[i].job : NULL;
}

static size_t chosen_count(const struct plan *p)
{
	return p->policy == PLAN_PREEMPT ? p->preempt.count : p->moves.count;
}

/* How many were read; -1 on failure. */
static int read_chosen(struct plan *p, struct error *e)
{
	int count = 0;

	for (size_t i = 0; i < chosen_count(p); i++) {
		struct cluster_job *job = chosen(p, i);

		if (!job || live_job(job)->checked)
			continue;
		if (plan_able_read(p, live_job(job), e) < 0)
			return -1;
		count++;
	}
	return count;
}

static void leave_unread(struct plan *p)
{
	for (size_t i = 0; i < p->live.count; i++) {
		if (!p->live.jobs[i].checked)
			p->live.jobs[i].job.place.movable = false;
	}
}

int plan_decide(struct plan *p, struct error *e)
{
	int read = 0, now = 1;

	while (now > 0) {
		if (read > READ_MAX)
			leave_unread(p);
		if (decide_once(p) < 0)
			return error_sys(e, "the plan");
		now = read_chosen(p, e);
		read += now;
	}
	return now;
}
