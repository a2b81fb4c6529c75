// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * plan_move - one move of a plan, and why it would be made.
 */
#include <stdio.h>

#include "base/str.h"
#include "cmd/srebalance/plan.h"
#include "plan/jobspec.h"

struct plan_name plan_name(const struct job_entry *job)
{
	struct plan_name name;

	if (job->array && job->array_task != JOBSPEC_NO_TASK)
		snprintf(name.text, sizeof(name.text), "%u_%u", job->array,
			 job->array_task);
	else
		snprintf(name.text, sizeof(name.text), "%u", job->id);
	return name;
}

/* A time as Slurm prints it, without the days if there are none. */
struct duration {
	char text[32];
};

static struct duration duration(double seconds)
{
	unsigned long s = seconds > 0 ? (unsigned long)seconds : 0;
	struct duration d;

	if (s >= 86400)
		snprintf(d.text, sizeof(d.text), "%lu-%02lu:%02lu:%02lu", s / 86400,
			 s / 3600 % 24, s / 60 % 60, s % 60);
	else
		snprintf(d.text, sizeof(d.text), "%lu:%02lu:%02lu", s / 3600, s / 60 % 60,
			 s % 60);
	return d;
}

static const char *node_name(const struct plan *p, size_t node)
{
	return node == MOVES_NOWHERE ? NULL : p->nodes.nodes[node].name;
}

/* The partition for which a node has its rank (live.c). */
static const char *preferred(const struct plan *p, size_t node)
{
	return p->tiers[p->tier_count - p->live.c.nodes[node].rank].partition;
}

static void explain(const struct plan *p, const struct moves_move *m,
		    struct plan_move *move)
{
	const struct cluster_node *nodes = p->live.c.nodes;
	size_t size = sizeof(move->why);

	switch (p->policy) {
	case PLAN_DEFRAGMENT:
		snprintf(move->why, size, "job %s starts on %s, %s sooner",
			 plan_name(move->because->entry).text, move->from,
			 duration(m->gain / m->because->cpus).text);
		break;
	case PLAN_COMPACT:
		snprintf(move->why, size, "%s is empty %s sooner", move->from,
			 duration(m->gain / nodes[m->from].cpus).text);
		break;
	default:
		if (m->gain > 0)
			snprintf(move->why, size, "in partition %s it ends %s sooner",
				 preferred(p, m->to),
				 duration((m->gain - m->cost) / m->job->cpus).text);
		else
			snprintf(move->why, size, "partition %s is preferred",
				 preferred(p, m->to));
		break;
	}
}

static struct plan_move placed_move(const struct plan *p, size_t i)
{
	const struct moves_move *m = &p->moves.moves[i];
	struct plan_move move = {
		.job = live_job(m->job),
		.from = node_name(p, m->from),
		.to = node_name(p, m->to),
		.because = m->because ? live_job(m->because) : NULL,
		.group = m->group,
		.cost = m->cost,
		.gain = m->gain,
	};

	explain(p, m, &move);
	return move;
}

/* The i-th of those that leave. */
static const struct preempt_move *leaving(const struct plan *p, size_t i)
{
	const struct preempt_move *m = p->preempt.moves;

	for (; m->act != PREEMPT_LEAVE || i > 0; m++)
		i -= m->act == PREEMPT_LEAVE;
	return m;
}

static size_t group_of(const struct plan *p, const struct preempt_move *m)
{
	size_t group = 0;

	for (const struct preempt_move *n = p->preempt.moves; n < m; n++)
		group += n->act == PREEMPT_BOOST;
	return group;
}

static struct plan_move preempted_move(const struct plan *p, size_t i)
{
	const struct preempt_move *m = leaving(p, i);
	struct plan_move move = {
		.job = live_job(m->job),
		.from = live_job(m->job)->entry->nodes,
		.because = live_job(m->because),
		.group = group_of(p, m),
		.cost = (double)m->job->cpus * (double)cluster_move_time(m->job),
	};

	snprintf(move.why, sizeof(move.why),
		 "job %s has a factor of %.1f, and this one of %.1f",
		 plan_name(move.because->entry).text,
		 cluster_factor(m->because, p->live.c.now),
		 cluster_factor(m->job, p->live.c.now));
	return move;
}

size_t plan_count(const struct plan *p)
{
	size_t count = 0;

	if (p->policy != PLAN_PREEMPT)
		return p->moves.count;
	for (size_t i = 0; i < p->preempt.count; i++)
		count += p->preempt.moves[i].act == PREEMPT_LEAVE;
	return count;
}

struct plan_move plan_move(const struct plan *p, size_t i)
{
	return p->policy == PLAN_PREEMPT ? preempted_move(p, i) : placed_move(p, i);
}
