// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "plan/moves.h"

const struct moves_limits compact_defaults = {
	.at_once = 8,
	.rest = 3600,
	.end = 600,
	.end_costs = 4,
	.worth = 2,
	/* Half an hour: what is shorter is not worth a node's way down and up. */
	.least = 1800,
	.together = 16,
	.tries = 64,
};

struct compact {
	struct moves *m;
	size_t *nodes; /* those that could be emptied, the least used first */
	size_t count;
	long *busy; /* of each node: until when jobs are there, as planned */
};

/* ---- which nodes ---- */

static size_t jobs_on(const struct moves *m, size_t node)
{
	return m->first[node + 1] - m->first[node];
}

/* Can all that runs there leave? */
static bool may_be_emptied(const struct moves *m, size_t node)
{
	size_t count = jobs_on(m, node);

	if (!m->c->nodes[node].up || count == 0 || count > m->limits->together)
		return false;
	/* Something is there that we do not know, and cannot move. */
	if (m->c->nodes[node].free.jobs != count)
		return false;
	for (size_t i = m->first[node]; i < m->first[node + 1]; i++) {
		if (!moves_may_leave(m, m->on[i]))
			return false;
	}
	return true;
}

static long busy_until(const struct moves *m, size_t node)
{
	size_t count = jobs_on(m, node);

	return count ? cluster_end(m->on[m->first[node + 1] - 1]) : m->c->now;
}

struct compact_source {
	uint32_t used;
	size_t node;
};

static int compact_compare(const void *a, const void *b)
{
	const struct compact_source *x = a, *y = b;

	if (x->used != y->used)
		return x->used < y->used ? -1 : 1;
	return x->node < y->node ? -1 : x->node > y->node;
}

static int find_sources(struct compact *p)
{
	const struct cluster *c = p->m->c;
	struct compact_source *sources = calloc(c->node_count + 1, sizeof(*sources));

	if (!sources)
		return -1;
	for (size_t i = 0; i < c->node_count; i++) {
		if (may_be_emptied(p->m, i))
			sources[p->count++] = (struct compact_source){
				c->nodes[i].cpus - c->nodes[i].free.cpus, i
			};
	}
	qsort(sources, p->count, sizeof(*sources), compact_compare);
	for (size_t i = 0; i < p->count; i++)
		p->nodes[i] = sources[i].node;
	free(sources);
	return 0;
}

/* ---- one node ---- */

/* CPU seconds that nodes are used longer, since jobs come to them. */
static double longer(const struct compact *p, const struct moves_group *g)
{
	double sum = 0;

	for (size_t i = 0; i < g->count; i++) {
		long end = cluster_end(g->jobs[i]) + cluster_move_time(g->jobs[i]);
		long busy = p->busy[g->to[i]];

		/* Several that go to one node are counted each: rather too much. */
		if (end > busy)
			sum += (double)(end - busy) * p->m->c->nodes[g->to[i]].cpus;
	}
	return sum;
}

static double compact_gain(const struct compact *p, const struct moves_group *g)
{
	long empty = p->m->c->now;

	for (size_t i = 0; i < g->count; i++) {
		if (p->m->c->now + g->jobs[i]->dump > empty)
			empty = p->m->c->now + g->jobs[i]->dump;
	}
	return (double)(p->busy[g->from] - empty) * p->m->c->nodes[g->from].cpus -
	       longer(p, g);
}

static bool is_worth_it(const struct compact *p, const struct moves_group *g, double gain)
{
	const struct moves_limits *limits = p->m->limits;

	return gain >= limits->worth * moves_cost(g) &&
	       gain >= (double)limits->least * p->m->c->nodes[g->from].cpus;
}

/* Now it is empty, and stays so; where its jobs go, they stay. */
static void note(struct compact *p, const struct moves_group *g)
{
	p->m->free[g->from].cpus = 0;
	p->busy[g->from] = p->m->c->now;
	for (size_t i = 0; i < g->count; i++) {
		long end = cluster_end(g->jobs[i]) + cluster_move_time(g->jobs[i]);

		if (end > p->busy[g->to[i]])
			p->busy[g->to[i]] = end;
	}
}

static void gather(const struct moves *m, size_t node, struct moves_group *g)
{
	g->from = node;
	g->count = 0;
	for (size_t i = m->first[node]; i < m->first[node + 1]; i++)
		g->jobs[g->count++] = m->on[i];
}

static int empty_node(struct compact *p, size_t node, bool *done)
{
	struct moves *m = p->m;
	struct moves_group g;
	double gain;

	*done = false;
	gather(m, node, &g);
	if (!moves_fit(m, &g) || !moves_place(m, &g))
		return 0;
	gain = compact_gain(p, &g);
	if (!is_worth_it(p, &g, gain)) {
		moves_unplace(m, &g);
		return 0;
	}
	if (moves_commit(m, &g, NULL, gain) < 0)
		return -1;
	note(p, &g);
	*done = true;
	return 0;
}

/* ---- all ---- */

static void close_empty_nodes(struct compact *p)
{
	struct moves *m = p->m;

	for (size_t i = 0; i < m->c->node_count; i++) {
		p->busy[i] = busy_until(m, i);
		if (m->c->nodes[i].free.jobs == 0)
			m->free[i].cpus = 0;
	}
}

static int empty_nodes(struct compact *p)
{
	size_t tries = p->m->limits->tries;
	bool done;

	close_empty_nodes(p);
	if (find_sources(p) < 0)
		return -1;
	for (size_t i = 0; i < p->count && tries > 0 && !moves_are_full(p->m); i++) {
		if (p->m->taken[p->nodes[i]])
			continue;
		if (empty_node(p, p->nodes[i], &done) < 0)
			return -1;
		tries -= !done;
	}
	return 0;
}

int compact_decide(const struct moves_limits *limits, const struct cluster *c,
		   struct moves *m)
{
	struct compact p = { .m = m };
	int rc;

	if (moves_begin(m, limits, c) < 0)
		return -1;
	if (c->waiting.count > 0)
		return 0;
	p.nodes = calloc(c->node_count + 1, sizeof(*p.nodes));
	p.busy = calloc(c->node_count + 1, sizeof(*p.busy));
	rc = p.nodes && p.busy ? empty_nodes(&p) : -1;
	free(p.nodes);
	free(p.busy);
	return rc;
}
