// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/moves.h"

#include <stdlib.h>
#include <string.h>

/* ---- what is where ---- */

static int make_room(void *array, size_t count, size_t size)
{
	void **p = array;
	void *grown = reallocarray(*p, count, size);

	if (!grown)
		return -1;
	*p = grown;
	return 0;
}

static int make_node_room(struct moves *m, size_t count)
{
	if (m->node_room >= count)
		return 0;
	if (make_room(&m->free, count, sizeof(m->free[0])) < 0 ||
	    make_room(&m->first, count, sizeof(m->first[0])) < 0 ||
	    make_room(&m->all, count, sizeof(bool)) < 0 ||
	    make_room(&m->mask, count, sizeof(bool)) < 0 ||
	    make_room(&m->taken, count, sizeof(bool)) < 0)
		return -1;
	m->node_room = count;
	return 0;
}

static int moves_compare(const void *a, const void *b)
{
	const struct cluster_job *x = *(struct cluster_job *const *)a;
	const struct cluster_job *y = *(struct cluster_job *const *)b;
	long ends = cluster_end(x), other = cluster_end(y);

	if (ends != other)
		return ends < other ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

/* How many run on each node, in first[node + 1]. */
static size_t count_jobs(struct moves *m)
{
	const struct cluster_list *running = &m->c->running;
	size_t all = 0;

	memset(m->first, 0, (m->c->node_count + 1) * sizeof(m->first[0]));
	for (size_t i = 0; i < running->count; i++) {
		const struct cluster_place *place = &running->jobs[i]->place;

		for (uint32_t n = 0; n < place->count; n++)
			m->first[place->nodes[n] + 1]++;
		all += place->count;
	}
	return all;
}

/* Sums of the counts, moved by one while the jobs are put in. */
static void sort_in(struct moves *m)
{
	const struct cluster_list *running = &m->c->running;
	size_t nodes = m->c->node_count, sum = 0;

	for (size_t i = 1; i <= nodes; i++) {
		size_t count = m->first[i];

		m->first[i] = sum;
		sum += count;
	}
	for (size_t i = 0; i < running->count; i++) {
		struct cluster_job *job = running->jobs[i];

		for (uint32_t n = 0; n < job->place.count; n++)
			m->on[m->first[job->place.nodes[n] + 1]++] = job;
	}
	for (size_t i = 0; i < nodes; i++)
		qsort(m->on + m->first[i], m->first[i + 1] - m->first[i],
		      sizeof(m->on[0]), moves_compare);
}

int moves_begin(struct moves *m, const struct moves_limits *limits,
		const struct cluster *c)
{
	size_t jobs;

	m->limits = limits;
	m->c = c;
	m->count = m->groups = 0;
	m->written = 0;
	if (make_node_room(m, c->node_count + 1) < 0)
		return -1;
	jobs = count_jobs(m);
	if (m->on_room < jobs + 1) {
		if (make_room(&m->on, jobs + 1, sizeof(m->on[0])) < 0)
			return -1;
		m->on_room = jobs + 1;
	}
	sort_in(m);
	for (size_t i = 0; i < c->node_count; i++) {
		m->free[i] = c->nodes[i].free;
		if (!c->nodes[i].up)
			m->free[i].cpus = 0;
		m->all[i] = true;
		m->taken[i] = false;
	}
	return 0;
}

void moves_free(struct moves *m)
{
	free(m->moves);
	free(m->free);
	free(m->on);
	free(m->first);
	free(m->all);
	free(m->mask);
	free(m->taken);
	*m = (struct moves){ 0 };
}

/* ---- single jobs ---- */

bool moves_may_leave(const struct moves *m, const struct cluster_job *job)
{
	long left = cluster_end(job) - m->c->now;

	if (!job->place.movable || job->place.count != 1 || job->protected ||
	    job->phase != CLUSTER_RUNNING)
		return false;
	/* It may be on its way still: then its work begins later. */
	if (job->start > m->c->now)
		return false;
	if (job->checkpoints > 0 && m->c->now - job->start < m->limits->rest)
		return false;
	return left >= m->limits->end &&
	       (double)left >= m->limits->end_costs * (double)cluster_move_time(job);
}

const bool *moves_allowed(const struct moves *m, const struct cluster_job *job)
{
	return job->place.allowed ? job->place.allowed : m->all;
}

/* ---- groups ---- */

static bool find_node(struct moves *m, const struct cluster_job *job, size_t from,
		      size_t *to)
{
	const struct fit_request request = cluster_request(job);
	unsigned int cpus;
	bool found;

	if (from == MOVES_NOWHERE)
		return fit_find(m->free, m->c->node_count, moves_allowed(m, job),
				&request, to);
	cpus = m->free[from].cpus;
	m->free[from].cpus = 0;
	/* Even a job that asks for no CPUs does not stay where it is. */
	found = fit_find(m->free, m->c->node_count, moves_allowed(m, job), &request,
			 to) &&
		*to != from;
	m->free[from].cpus = cpus;
	return found;
}

void moves_unplace(struct moves *m, const struct moves_group *g)
{
	for (size_t i = g->count; i-- > 0;) {
		if (g->to[i] != MOVES_NOWHERE)
			m->free[g->to[i]] = g->before[i];
	}
}

static void largest_first(struct moves_group *g)
{
	for (size_t i = 1; i < g->count; i++) {
		struct cluster_job *job = g->jobs[i];
		size_t at = i;

		for (; at > 0 && g->jobs[at - 1]->place.cpus < job->place.cpus; at--)
			g->jobs[at] = g->jobs[at - 1];
		g->jobs[at] = job;
	}
}

bool moves_place(struct moves *m, struct moves_group *g)
{
	for (size_t i = 0; i < g->count; i++)
		g->to[i] = MOVES_NOWHERE;
	largest_first(g);
	for (size_t i = 0; i < g->count; i++) {
		const struct fit_request request = cluster_request(g->jobs[i]);
		size_t to;

		if (!find_node(m, g->jobs[i], g->from, &to)) {
			moves_unplace(m, g);
			return false;
		}
		g->to[i] = to;
		g->before[i] = m->free[to];
		fit_take(&m->free[to], &request);
	}
	return true;
}

/* CPU seconds that its move costs: a job that waits has nothing to lose. */
static double cost_of(const struct cluster_job *job)
{
	return job->phase == CLUSTER_RUNNING
		       ? job->place.cpus * (double)cluster_move_time(job)
		       : 0;
}

double moves_cost(const struct moves_group *g)
{
	double cost = 0;

	for (size_t i = 0; i < g->count; i++)
		cost += cost_of(g->jobs[i]);
	return cost;
}

/* Bytes a second that its checkpoint writes. */
static double rate_of(const struct cluster_job *job)
{
	if (job->phase != CLUSTER_RUNNING)
		return 0;
	return job->image / (double)(job->dump > 0 ? job->dump : 1);
}

bool moves_fit(const struct moves *m, const struct moves_group *g)
{
	const struct moves_limits *limits = m->limits;
	double written = m->written;

	for (size_t i = 0; i < g->count; i++)
		written += rate_of(g->jobs[i]);
	if (limits->bandwidth > 0 && written > limits->bandwidth)
		return false;
	return !limits->at_once || m->c->moving + m->count + g->count <= limits->at_once;
}

bool moves_are_full(const struct moves *m)
{
	return m->limits->at_once && m->c->moving + m->count >= m->limits->at_once;
}

static int moves_add(struct moves *m, const struct moves_move *move)
{
	if (m->count == m->room) {
		size_t room = m->room ? 2 * m->room : 16;

		if (make_room(&m->moves, room, sizeof(m->moves[0])) < 0)
			return -1;
		m->room = room;
	}
	m->moves[m->count++] = *move;
	return 0;
}

/* It is not where it was any more. */
static void take_off(struct moves *m, const struct cluster_job *job, size_t node)
{
	for (size_t i = m->first[node]; i < m->first[node + 1]; i++) {
		if (m->on[i] == job)
			m->on[i] = NULL;
	}
	cluster_give_back(&m->c->nodes[node], job, &m->free[node]);
	m->taken[node] = true;
}

int moves_commit(struct moves *m, const struct moves_group *g,
		 struct cluster_job *because, double gain)
{
	for (size_t i = 0; i < g->count; i++) {
		struct cluster_job *job = g->jobs[i];
		const struct moves_move move = {
			.job = job,
			.from = g->from,
			.to = g->to[i],
			.because = because,
			.cost = cost_of(job),
			.group = m->groups,
			.gain = gain,
		};

		if (moves_add(m, &move) < 0)
			return -1;
		m->written += rate_of(job);
		m->taken[g->to[i]] = true;
		if (g->from != MOVES_NOWHERE)
			take_off(m, job, g->from);
	}
	m->groups++;
	return 0;
}
