// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "plan/moves.h"

const struct moves_limits promote_defaults = {
	.at_once = 8,
	.rest = 3600,
	.end = 600,
	.end_costs = 4,
	.worth = 2,
	.tries = 64,
};

struct promote_candidate {
	struct cluster_job *job;
	double most; /* the gain, if it came to the fastest node that is free */
};

struct promote {
	struct moves *m;
	uint32_t awaited; /* one more than the highest rank for which a job waits; or 0 */
	double speed;	  /* of the fastest node with free CPUs */
	struct promote_candidate *candidates;
	size_t count;
};

/* ---- gains ---- */

/* CPU seconds that a job on this node saves by going to one of that speed. */
static double gain_on(const struct moves *m, const struct cluster_job *job, double speed)
{
	const struct cluster_node *node = &m->c->nodes[job->place.nodes[0]];
	double left = (double)(cluster_end(job) - m->c->now);

	return left * (1 - node->speed / speed) * job->place.cpus;
}

static bool is_worth_it(const struct moves *m, const struct moves_group *g, double *gain)
{
	const struct cluster_job *job = g->jobs[0];
	const struct cluster_node *to = &m->c->nodes[g->to[0]];

	*gain = 0;
	/* Of nodes that are as fast, or not known to be faster, only the rank counts. */
	if (g->from == MOVES_NOWHERE || to->speed == m->c->nodes[g->from].speed)
		return true;
	*gain = gain_on(m, job, to->speed);
	return *gain >= m->limits->worth * moves_cost(g);
}

/* ---- whom ---- */

static int promote_compare(const void *a, const void *b)
{
	const struct promote_candidate *x = a, *y = b;

	if (x->most != y->most)
		return x->most > y->most ? -1 : 1;
	return x->job->id < y->job->id ? -1 : x->job->id > y->job->id;
}

static void find_candidates(struct promote *p)
{
	const struct cluster_list *running = &p->m->c->running;

	for (size_t i = 0; i < running->count; i++) {
		struct cluster_job *job = running->jobs[i];

		if (moves_may_leave(p->m, job))
			p->candidates[p->count++] =
				(struct promote_candidate){ job, gain_on(p->m, job,
									 p->speed) };
	}
	qsort(p->candidates, p->count, sizeof(*p->candidates), promote_compare);
}

static void look_around(struct promote *p)
{
	const struct cluster *c = p->m->c;

	for (size_t i = 0; i < c->node_count; i++) {
		if (p->m->free[i].cpus > 0 && c->nodes[i].speed > p->speed)
			p->speed = c->nodes[i].speed;
	}
	for (size_t i = 0; i < c->waiting.count; i++) {
		if (c->waiting.jobs[i]->place.rank >= p->awaited)
			p->awaited = c->waiting.jobs[i]->place.rank + 1;
	}
}

/* ---- where to ---- */

/* The highest rank above this one of a node where there is room; false: none. */
static bool find_rank(struct promote *p, const struct cluster_job *job, uint32_t above,
		      uint32_t *rank)
{
	const struct fit_request request = cluster_request(job);
	const bool *allowed = moves_allowed(p->m, job);
	bool found = false;

	for (size_t i = 0; i < p->m->c->node_count; i++) {
		uint32_t here = p->m->c->nodes[i].rank;

		if (!allowed[i] || here <= above || here < p->awaited ||
		    (found && here <= *rank) || !fit_has_room(&p->m->free[i], &request))
			continue;
		*rank = here;
		found = true;
	}
	return found;
}

static bool place(struct promote *p, struct moves_group *g, uint32_t rank)
{
	struct cluster_job *job = g->jobs[0];
	const bool *allowed = moves_allowed(p->m, job);
	struct cluster_place own = job->place;
	bool placed;

	for (size_t i = 0; i < p->m->c->node_count; i++)
		p->m->mask[i] = allowed[i] && p->m->c->nodes[i].rank == rank;
	job->place.allowed = p->m->mask;
	placed = moves_place(p->m, g);
	job->place = own;
	return placed;
}

static int lift(struct promote *p, struct cluster_job *job, size_t from, uint32_t above)
{
	struct moves_group g = { .jobs = { job }, .count = 1, .from = from };
	uint32_t rank = 0;
	double gain;

	if (!moves_fit(p->m, &g) || !find_rank(p, job, above, &rank) ||
	    !place(p, &g, rank))
		return 0;
	if (is_worth_it(p->m, &g, &gain))
		return moves_commit(p->m, &g, NULL, gain);
	moves_unplace(p->m, &g);
	return 0;
}

static int lift_waiting(struct promote *p)
{
	const struct cluster_list *waiting = &p->m->c->waiting;
	size_t tries = p->m->limits->tries;

	for (size_t i = 0; i < waiting->count && tries > 0; i++, tries--) {
		struct cluster_job *job = waiting->jobs[i];

		if (job->place.count == 1 &&
		    lift(p, job, MOVES_NOWHERE, job->place.rank) < 0)
			return -1;
	}
	return 0;
}

static int lift_running(struct promote *p)
{
	size_t tries = p->m->limits->tries;

	find_candidates(p);
	for (size_t i = 0; i < p->count && tries > 0; i++, tries--) {
		struct cluster_job *job = p->candidates[i].job;
		size_t from = job->place.nodes[0];

		if (lift(p, job, from, p->m->c->nodes[from].rank) < 0)
			return -1;
	}
	return 0;
}

int promote_decide(const struct moves_limits *limits, const struct cluster *c,
		   struct moves *m)
{
	struct promote p = { .m = m };
	int rc;

	if (moves_begin(m, limits, c) < 0)
		return -1;
	p.candidates = calloc(c->running.count + 1, sizeof(*p.candidates));
	if (!p.candidates)
		return -1;
	look_around(&p);
	rc = lift_waiting(&p) < 0 || lift_running(&p) < 0 ? -1 : 0;
	free(p.candidates);
	return rc;
}
