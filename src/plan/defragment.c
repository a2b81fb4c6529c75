// SPDX-License-Identifier: GPL-2.0-or-later
#include <limits.h>
#include <math.h>
#include <stdlib.h>

#include "plan/moves.h"

#define CANDIDATES \
	16 /* of one node: the cheapest; so that all combinations can be tried */

const struct moves_limits defragment_defaults = {
	.at_once = 8,
	.rest = 3600,
	.end = 300,
	.end_costs = 4,
	.worth = 1,
	.least = 60,
	.together = 4,
	.tries = 20,
	.nodes = 64,
	.spare = 1,
};

/* Jobs that would make room on a node, and what that costs. */
struct defragment_choice {
	struct moves_group group;
	double cost; /* CPU seconds */
};

/* The search for the cheapest ones on one node. */
struct defragment_search {
	const struct moves *m;
	const struct fit_request *request;
	struct cluster_job *jobs[CANDIDATES]; /* the cheapest first */
	uint32_t widest[CANDIDATES + 1];      /* CPUs of the widest from this one on */
	size_t count;
	struct defragment_choice *best;
	struct moves_group tried;
};

/* ---- room on one node ---- */

/* Would it be enough if all that may still leave were as wide as the widest of them? */
static bool can_make_room(const struct defragment_search *s, size_t from,
			  const struct fit_node *free)
{
	size_t more = s->m->limits->together - s->tried.count;

	return free->cpus + (uint64_t)more * s->widest[from] >= s->request->cpus;
}

/* With each of the candidates from this one on, while it is cheaper than the best. */
static void search_from(struct defragment_search *s, size_t from, double cost,
			struct fit_node free)
{
	const struct cluster_node *node = &s->m->c->nodes[s->tried.from];

	if (fit_has_room(&free, s->request)) {
		s->best->group = s->tried;
		s->best->cost = cost;
		return;
	}
	if (s->tried.count == s->m->limits->together)
		return;
	for (size_t i = from; i < s->count && can_make_room(s, i, &free); i++) {
		struct fit_node left = free;
		double next = cost + s->jobs[i]->place.cpus *
					     (double)cluster_move_time(s->jobs[i]);

		/* Those after it are dearer still. */
		if (next >= s->best->cost)
			return;
		cluster_give_back(node, s->jobs[i], &left);
		s->tried.jobs[s->tried.count++] = s->jobs[i];
		search_from(s, i + 1, next, left);
		s->tried.count--;
	}
}

static double cost_of(const struct cluster_job *job)
{
	return job->place.cpus * (double)cluster_move_time(job);
}

/* Keep the cheapest ones, in order. */
static void add_candidate(struct defragment_search *s, struct cluster_job *job)
{
	size_t i = s->count;

	if (s->count == CANDIDATES) {
		if (cost_of(job) >= cost_of(s->jobs[CANDIDATES - 1]))
			return;
		i--;
	} else {
		s->count++;
	}
	for (; i > 0 && cost_of(s->jobs[i - 1]) > cost_of(job); i--)
		s->jobs[i] = s->jobs[i - 1];
	s->jobs[i] = job;
}

/* CPUs that are free when it has left: of one that is alone, all of the node. */
static uint32_t width_of(const struct cluster_job *job, const struct cluster_node *node)
{
	return job->place.alone ? node->cpus : job->place.cpus;
}

static void find_candidates(struct defragment_search *s, size_t node)
{
	const struct moves *m = s->m;

	s->count = 0;
	for (size_t i = m->first[node]; i < m->first[node + 1]; i++) {
		if (m->on[i] && moves_may_leave(m, m->on[i]))
			add_candidate(s, m->on[i]);
	}
	s->widest[s->count] = 0;
	for (size_t i = s->count; i-- > 0;) {
		uint32_t width = width_of(s->jobs[i], &m->c->nodes[node]);

		s->widest[i] = width > s->widest[i + 1] ? width : s->widest[i + 1];
	}
}

static bool may_ever_fit(const struct cluster_node *node,
			 const struct fit_request *request)
{
	return node->up && node->cpus >= request->cpus && node->memory >= request->memory;
}

/* The cheapest ones that cost less than most; no jobs if there are none. */
static void choose(const struct moves *m, const struct fit_request *request, size_t node,
		   double most, struct defragment_choice *choice)
{
	struct defragment_search s = {
		.m = m,
		.request = request,
		.best = choice,
		.tried = { .from = node },
	};

	*choice = (struct defragment_choice){ .cost = most };
	if (!may_ever_fit(&m->c->nodes[node], request))
		return;
	find_candidates(&s, node);
	search_from(&s, 0, 0, m->free[node]);
}

/* ---- when it would start without us ---- */

/* When enough of the node's jobs have ended, by their estimates. */
static long room_by_ends(const struct moves *m, const struct fit_request *request,
			 size_t node)
{
	struct fit_node free = m->free[node];

	if (!may_ever_fit(&m->c->nodes[node], request))
		return LONG_MAX;
	for (size_t i = m->first[node]; i < m->first[node + 1]; i++) {
		if (!m->on[i])
			continue;
		cluster_give_back(&m->c->nodes[node], m->on[i], &free);
		if (fit_has_room(&free, request))
			return cluster_end(m->on[i]);
	}
	return LONG_MAX;
}

static long start_by_ends(const struct moves *m, const struct cluster_job *job,
			  const struct fit_request *request)
{
	const bool *allowed = moves_allowed(m, job);
	long first = LONG_MAX;

	for (size_t i = 0; i < m->c->node_count; i++) {
		long at = allowed[i] ? room_by_ends(m, request, i) : LONG_MAX;

		if (at < first)
			first = at;
	}
	return first;
}

/* ---- the decision ---- */

/* The nodes on which room is cheapest, the cheapest first; at most limits->nodes. */
struct defragment_nodes {
	struct defragment_choice *choices;
	size_t count;
};

static void keep_cheapest(struct defragment_nodes *n,
			  const struct defragment_choice *choice, size_t most)
{
	size_t i = n->count;

	if (i == most && choice->cost >= n->choices[--i].cost)
		return;
	if (n->count < most)
		n->count++;
	for (; i > 0 && n->choices[i - 1].cost > choice->cost; i--)
		n->choices[i] = n->choices[i - 1];
	n->choices[i] = *choice;
}

static void find_nodes(const struct moves *m, const struct cluster_job *job,
		       const struct fit_request *request, struct defragment_nodes *n)
{
	const bool *allowed = moves_allowed(m, job);
	struct defragment_choice choice;
	double most;

	n->count = 0;
	for (size_t i = 0; i < m->c->node_count; i++) {
		if (!allowed[i])
			continue;
		most = n->count == m->limits->nodes ? n->choices[n->count - 1].cost
						    : INFINITY;
		choose(m, request, i, most, &choice);
		if (choice.group.count > 0)
			keep_cheapest(n, &choice, m->limits->nodes);
	}
}

static long longest_dump(const struct moves_group *g)
{
	long longest = 0;

	for (size_t i = 0; i < g->count; i++) {
		if (g->jobs[i]->dump > longest)
			longest = g->jobs[i]->dump;
	}
	return longest;
}

/* Seconds by which the job starts sooner; without an end in sight, by its own length. */
static long sooner(const struct moves *m, const struct cluster_job *job,
		   const struct moves_group *g, long by_ends)
{
	long begin = m->c->now + longest_dump(g);

	return by_ends == LONG_MAX ? job->estimate : by_ends - begin;
}

/* Make room for it on the first of the nodes where that can be done. */
static int make_room_for(struct moves *m, struct cluster_job *job,
			 const struct fit_request *request,
			 const struct defragment_nodes *n, bool *served)
{
	long by_ends = start_by_ends(m, job, request);

	for (size_t i = 0; i < n->count && !*served; i++) {
		struct moves_group *g = &n->choices[i].group;
		long seconds = sooner(m, job, g, by_ends);
		double gain = (double)seconds * job->place.cpus;

		if (seconds < m->limits->least ||
		    gain < m->limits->worth * n->choices[i].cost || !moves_fit(m, g) ||
		    !moves_place(m, g))
			continue;
		if (moves_commit(m, g, job, gain) < 0)
			return -1;
		fit_take(&m->free[g->from], request);
		*served = true;
	}
	return 0;
}

static bool is_enough_free(const struct moves *m, const struct cluster_job *job)
{
	const bool *allowed = moves_allowed(m, job);
	double sum = 0;

	for (size_t i = 0; i < m->c->node_count; i++)
		sum += allowed[i] ? m->free[i].cpus : 0;
	return sum >= m->limits->spare * job->place.cpus;
}

/* Jobs of the same request as one that could not be served are not tried again. */
static bool is_like(const struct cluster_job *a, const struct cluster_job *b)
{
	return b && a->place.cpus == b->place.cpus &&
	       a->place.memory == b->place.memory && a->place.alone == b->place.alone &&
	       a->place.allowed == b->place.allowed && a->estimate <= b->estimate;
}

static int serve(struct moves *m, struct cluster_job *job, struct defragment_nodes *n,
		 bool *served)
{
	const struct fit_request request = cluster_request(job);
	size_t node;

	*served = fit_find(m->free, m->c->node_count, moves_allowed(m, job), &request,
			   &node);
	if (*served) {
		fit_take(&m->free[node], &request);
		return 0;
	}
	if (!is_enough_free(m, job))
		return 0;
	find_nodes(m, job, &request, n);
	return make_room_for(m, job, &request, n, served);
}

static int serve_all(struct moves *m, struct defragment_nodes *n)
{
	const struct cluster_list *waiting = &m->c->waiting;
	const struct cluster_job *failed = NULL;
	size_t tries = m->limits->tries;

	for (size_t i = 0; i < waiting->count && tries > 0 && !moves_are_full(m); i++) {
		struct cluster_job *job = waiting->jobs[i];
		bool served = false;

		if (job->place.count != 1 || job->boosted)
			continue;
		tries--;
		if (is_like(job, failed))
			continue;
		if (serve(m, job, n, &served) < 0)
			return -1;
		if (!served)
			failed = job;
	}
	return 0;
}

int defragment_decide(const struct moves_limits *limits, const struct cluster *c,
		      struct moves *m)
{
	struct defragment_nodes n = { 0 };
	int rc;

	if (moves_begin(m, limits, c) < 0)
		return -1;
	n.choices = calloc(limits->nodes + 1, sizeof(n.choices[0]));
	rc = n.choices ? serve_all(m, &n) : -1;
	free(n.choices);
	return rc;
}
