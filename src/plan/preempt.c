// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/preempt.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#define VICTIMS_MAX 64 /* more are never asked for one job: limits->victims is below it */
#define FIRST_COST \
	1e12 /* so that those with checkpoints are preferred whatever they cost */

const struct preempt_limits preempt_defaults = {
	.first = { .factor = 3, .cpus = 8, .length = 1 },
	.again = { .factor = 1.5, .cpus = 4, .length = 1 },
	.share = 0.04,
	.checkpoints = 10,
	.rest = 300,
	.patience = 15,
	.victims = 32,
	.tries = 32,
};

/* What is being decided in one call. */
struct preempt {
	const struct preempt_limits *limits;
	const struct cluster *c;
	struct preempt_plan *plan;
	double free;	/* CPUs: free, and of jobs that leave, less what is claimed */
	uint64_t first; /* jobs that may still have their first checkpoint */
	bool kept;	/* what is free is kept for one that has waited for long */
};

struct victims {
	size_t at[VICTIMS_MAX]; /* among the candidates */
	size_t count;
	double cost;
};

/* ---- lists ---- */

static int preempt_add(struct preempt_plan *plan, enum preempt_act act,
		       struct cluster_job *job, struct cluster_job *because)
{
	if (plan->count == plan->room) {
		size_t room = plan->room ? 2 * plan->room : 16;
		void *moves = reallocarray(plan->moves, room, sizeof(plan->moves[0]));

		if (!moves)
			return -1;
		plan->moves = moves;
		plan->room = room;
	}
	plan->moves[plan->count++] =
		(struct preempt_move){ .act = act, .job = job, .because = because };
	return 0;
}

static int candidates_make_room(struct preempt_plan *plan, size_t count)
{
	void *jobs, *factors;

	if (plan->candidate_room >= count)
		return 0;
	jobs = reallocarray(plan->candidates, count, sizeof(plan->candidates[0]));
	if (!jobs)
		return -1;
	plan->candidates = jobs;
	factors = reallocarray(plan->factors, count, sizeof(plan->factors[0]));
	if (!factors)
		return -1;
	plan->factors = factors;
	plan->candidate_room = count;
	return 0;
}

void preempt_plan_free(struct preempt_plan *plan)
{
	free(plan->moves);
	free(plan->candidates);
	free(plan->factors);
	*plan = (struct preempt_plan){ 0 };
}

/* ---- who may leave at all ---- */

static bool may_leave(const struct preempt *p, const struct cluster_job *job)
{
	if (job->protected || job->checkpoints >= p->limits->checkpoints)
		return false;
	if (p->c->now - job->start < p->limits->rest)
		return false;
	return job->checkpoints > 0 || p->first > 0;
}

static int collect(struct preempt *p)
{
	const struct cluster_list *running = &p->c->running;
	struct preempt_plan *plan = p->plan;

	plan->candidate_count = 0;
	if (candidates_make_room(plan, running->count) < 0)
		return -1;
	for (size_t i = 0; i < running->count; i++) {
		if (!may_leave(p, running->jobs[i]))
			continue;
		plan->candidates[plan->candidate_count] = running->jobs[i];
		plan->factors[plan->candidate_count++] =
			cluster_factor(running->jobs[i], p->c->now);
	}
	return 0;
}

/* ---- whom for one job ---- */

/* Is the victim far enough from its end? */
static bool lasts(const struct preempt *p, const struct cluster_job *v,
		  const struct preempt_victim_limits *limits,
		  const struct cluster_job *job)
{
	long left = cluster_remaining(v, p->c->now);

	if (job->protected)
		return left > p->limits->rest;
	return (double)left >= limits->length * (double)cluster_remaining(job, p->c->now);
}

static bool suits(const struct preempt *p, size_t at, const struct cluster_job *job,
		  double factor)
{
	const struct cluster_job *v = p->plan->candidates[at];
	const struct preempt_victim_limits *limits =
		v->checkpoints ? &p->limits->again : &p->limits->first;

	if (v->checkpoints == 0 && p->first == 0)
		return false;
	return factor >= limits->factor * p->plan->factors[at] &&
	       v->cpus <= limits->cpus * job->cpus && lasts(p, v, limits, job);
}

static double cost_of(const struct cluster_job *v)
{
	return v->cpus * (double)(v->dump + v->restore) +
	       (v->checkpoints ? 0 : FIRST_COST);
}

static uint32_t id_of(const struct preempt *p, const struct victims *v)
{
	return p->plan->candidates[v->at[0]]->id;
}

/* The cheapest one whose CPUs suffice. Of equal ones the one that came first. */
static void find_one(const struct preempt *p, const struct cluster_job *job,
		     double factor, double need, struct victims *best)
{
	for (size_t i = 0; i < p->plan->candidate_count; i++) {
		const struct cluster_job *v = p->plan->candidates[i];
		double cost;

		if (v->cpus < need || !suits(p, i, job, factor))
			continue;
		cost = cost_of(v) +
		       (v->cpus - need) * (double)cluster_remaining(job, p->c->now);
		if (cost < best->cost || (cost == best->cost && v->id < id_of(p, best)))
			*best = (struct victims){ .at = { i }, .count = 1, .cost = cost };
	}
}

static uint32_t width(const struct preempt *p, size_t at)
{
	return p->plan->candidates[at]->cpus;
}

/* Is this one wider than that one, or as wide and came before it? */
static bool larger(const struct preempt *p, size_t at, size_t other)
{
	if (width(p, at) != width(p, other))
		return width(p, at) > width(p, other);
	return p->plan->candidates[at]->id < p->plan->candidates[other]->id;
}

/* Keep the largest ones, the largest first. */
static void keep_largest(const struct preempt *p, struct victims *v, size_t at)
{
	size_t i = v->count;

	if (v->count == p->limits->victims) {
		if (!larger(p, at, v->at[--i]))
			return;
	} else {
		v->count++;
	}
	for (; i > 0 && larger(p, at, v->at[i - 1]); i--)
		v->at[i] = v->at[i - 1];
	v->at[i] = at;
}

/* Drop those without which enough is free, the smallest last. What is free too much. */
static double drop_superfluous(const struct preempt *p, struct victims *v, double need)
{
	double sum = -need;
	size_t kept = 0;

	for (size_t i = 0; i < v->count; i++)
		sum += width(p, v->at[i]);
	if (sum < 0)
		return sum;
	for (size_t i = 0; i < v->count; i++) {
		if (sum >= width(p, v->at[i]))
			sum -= width(p, v->at[i]);
		else
			v->at[kept++] = v->at[i];
	}
	v->count = kept;
	return sum;
}

static uint64_t first_times(const struct preempt *p, const struct victims *v)
{
	uint64_t count = 0;

	for (size_t i = 0; i < v->count; i++)
		count += p->plan->candidates[v->at[i]]->checkpoints == 0;
	return count;
}

static void find_several(const struct preempt *p, const struct cluster_job *job,
			 double factor, double need, struct victims *best)
{
	struct victims v = { .count = 0 };
	double surplus;

	for (size_t i = 0; i < p->plan->candidate_count; i++) {
		if (suits(p, i, job, factor))
			keep_largest(p, &v, i);
	}
	surplus = drop_superfluous(p, &v, need);
	if (surplus < 0 || first_times(p, &v) > p->first)
		return;
	v.cost = surplus * (double)cluster_remaining(job, p->c->now);
	for (size_t i = 0; i < v.count; i++)
		v.cost += cost_of(p->plan->candidates[v.at[i]]);
	if (v.cost < best->cost)
		*best = v;
}

/* ---- the decision ---- */

/* The one at this place leaves, and is no candidate any more. */
static int take_victim(struct preempt *p, size_t at, struct cluster_job *because)
{
	struct preempt_plan *plan = p->plan;
	struct cluster_job *v = plan->candidates[at];

	p->free += v->cpus;
	p->first -= v->checkpoints == 0;
	plan->factors[at] = INFINITY;
	return preempt_add(plan, PREEMPT_LEAVE, v, because);
}

/* What counts for a job that wants CPUs: a protected one comes before any other. */
static double urgency(const struct preempt *p, const struct cluster_job *job)
{
	return job->protected ? DBL_MAX : cluster_factor(job, p->c->now);
}

/* CPUs for a job, or nothing. -1 without memory. */
static int preempt_serve(struct preempt *p, struct cluster_job *job)
{
	struct victims best = { .cost = INFINITY };
	double factor = urgency(p, job), need = job->cpus - p->free;

	if (need <= 0 && p->kept)
		return 0;
	if (need > 0) {
		find_one(p, job, factor, need, &best);
		find_several(p, job, factor, need, &best);
		if (best.count == 0) {
			p->kept = p->kept || factor >= p->limits->patience;
			return 0;
		}
	}
	for (size_t i = 0; i < best.count; i++) {
		if (take_victim(p, best.at[i], job) < 0)
			return -1;
	}
	p->free -= job->cpus;
	return preempt_add(p->plan, PREEMPT_BOOST, job, NULL);
}

static double claimed(const struct cluster *c)
{
	double sum = 0;

	for (size_t i = 0; i < c->waiting.count; i++) {
		if (c->waiting.jobs[i]->boosted)
			sum += c->waiting.jobs[i]->cpus;
	}
	return sum;
}

static uint64_t first_left(const struct preempt_limits *limits, const struct cluster *c)
{
	double allowed = floor(limits->share * (double)c->submitted);

	return allowed > (double)c->checkpointed ? (uint64_t)allowed - c->checkpointed
						 : 0;
}

int preempt_decide(const struct preempt_limits *limits, const struct cluster *c,
		   struct preempt_plan *plan)
{
	struct preempt p = {
		.limits = limits,
		.c = c,
		.plan = plan,
		.free = (double)(c->free + c->leaving) - claimed(c),
		.first = first_left(limits, c),
	};
	size_t tries = limits->tries;

	plan->count = 0;
	if (c->waiting.count == 0)
		return 0;
	if (collect(&p) < 0)
		return -1;
	for (size_t i = 0; i < c->waiting.count && tries > 0; i++) {
		struct cluster_job *job = c->waiting.jobs[i];

		if (job->boosted)
			continue;
		tries -= job->cpus > p.free;
		if (preempt_serve(&p, job) < 0)
			return -1;
	}
	return 0;
}
