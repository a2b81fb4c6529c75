// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/placed.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "sim/state.h"

/* ---- what a job asks of each node ---- */

static uint64_t nodes_with(const struct machine *m, uint32_t cpus, uint64_t memory)
{
	uint64_t nodes = 0;

	for (size_t i = 0; i < m->kind_count; i++) {
		const struct machine_kind *k = &m->kinds[i];

		if (k->cpus >= cpus && (!k->memory || k->memory >= memory))
			nodes += k->nodes;
	}
	return nodes;
}

/* CPUs on each node, and the memory with them, if so many nodes are used. */
static bool spread(const struct machine *m, const struct trace_job *job, uint32_t nodes,
		   struct cluster_place *place)
{
	uint32_t cpus = (job->cpus + nodes - 1) / nodes;
	uint64_t memory = (uint64_t)cpus * job->memory;

	if (nodes_with(m, cpus, memory << 20) < nodes)
		return false;
	place->count = nodes;
	place->cpus = cpus;
	place->memory = memory;
	return true;
}

static uint32_t largest(const struct machine *m)
{
	uint32_t cpus = 1;

	for (size_t i = 0; i < m->kind_count; i++) {
		if (m->kinds[i].cpus > cpus)
			cpus = m->kinds[i].cpus;
	}
	return cpus;
}

bool placed_shape(const struct machine *m, const struct trace_job *job, bool exclusive,
		  struct cluster_place *place)
{
	uint32_t nodes = (job->cpus + largest(m) - 1) / largest(m);

	*place = (struct cluster_place){ .alone = exclusive, .movable = true };
	for (; nodes <= job->cpus && nodes <= m->nodes; nodes++) {
		if (spread(m, job, nodes, place))
			return true;
	}
	return false;
}

void placed_fit(struct trace *t, const struct machine *m, bool exclusive)
{
	struct cluster_place place;
	size_t kept = 0;

	for (size_t i = 0; i < t->count; i++) {
		if (placed_shape(m, &t->jobs[i], exclusive, &place))
			t->jobs[kept++] = t->jobs[i];
	}
	t->too_wide += t->count - kept;
	t->count = kept;
}

/* ---- nodes ---- */

static void fill_nodes(struct sim *s, const struct machine *m)
{
	size_t node = 0;

	for (size_t k = 0; k < m->kind_count; k++) {
		const struct machine_kind *kind = &m->kinds[k];
		uint64_t memory = kind->memory ? kind->memory >> 20 : UINT64_MAX >> 1;

		for (uint64_t i = 0; i < kind->nodes; i++)
			s->c.nodes[node++] = (struct cluster_node){
				.cpus = kind->cpus,
				.memory = memory,
				.up = true,
				.speed = 1,
				.free = { .cpus = kind->cpus, .memory = memory },
			};
	}
}

int placed_init(struct sim *s)
{
	const struct machine *m = s->options->machine;
	struct placed *p = &s->placed;
	size_t nodes;

	if (!m)
		return 0;
	nodes = m->nodes;
	p->on = true;
	s->c.nodes = calloc(nodes + 1, sizeof(*s->c.nodes));
	p->later = calloc(nodes + 1, sizeof(*p->later));
	p->order = calloc(nodes + 1, sizeof(*p->order));
	p->promised = calloc(nodes + 1, sizeof(*p->promised));
	p->awaited = calloc(nodes + 1, sizeof(struct sim_job *));
	if (!s->c.nodes || !p->later || !p->order || !p->promised || !p->awaited ||
	    power_init(&p->power, nodes) < 0)
		return error_sys(s->e, "%zu nodes", nodes);
	s->c.node_count = nodes;
	fill_nodes(s, m);
	return 0;
}

void placed_free(struct sim *s)
{
	struct placed *p = &s->placed;

	free(s->c.nodes);
	free(p->later);
	free(p->order);
	free(p->promised);
	free(p->awaited);
	free(p->ends);
	power_free(&p->power);
}

static int64_t last_submission(const struct sim *s)
{
	return s->trace->jobs[s->trace->count - 1].submit;
}

long placed_take_node(struct sim *s, const struct cluster_job *job, size_t node)
{
	const struct fit_request request = cluster_request(job);
	struct fit_node *free = &s->c.nodes[node].free;
	bool idle = free->jobs == 0;

	s->c.free -= free->cpus;
	fit_take(free, &request);
	s->c.free += free->cpus;
	return idle && power_use(&s->placed.power, &s->options->power, node, s->c.now,
				 last_submission(s))
		       ? s->options->power.boot_time
		       : 0;
}

void placed_give_node(struct sim *s, const struct cluster_job *job, size_t node)
{
	struct fit_node *free = &s->c.nodes[node].free;

	s->c.free -= free->cpus;
	cluster_give_back(&s->c.nodes[node], job, free);
	s->c.free += free->cpus;
	if (free->jobs == 0)
		power_leave(&s->placed.power, node, s->c.now);
}

long placed_take(struct sim *s, const struct cluster_job *job)
{
	long boot = 0;

	for (uint32_t i = 0; i < job->place.count; i++) {
		long here = placed_take_node(s, job, job->place.nodes[i]);

		if (here > boot)
			boot = here;
	}
	return boot;
}

void placed_give(struct sim *s, const struct cluster_job *job)
{
	for (uint32_t i = 0; i < job->place.count; i++)
		placed_give_node(s, job, job->place.nodes[i]);
}

/* ---- nodes that are kept for jobs ---- */

void placed_promise(struct sim *s, struct sim_job *job, size_t node)
{
	job->promised = (uint32_t)node;
	job->job.boosted = true;
	s->placed.promised[node] = true;
	s->c.nodes[node].up = false; /* for the policies */
	s->placed.awaited[s->placed.awaited_count++] = job;
}

void placed_keep_no_more(struct sim *s, struct sim_job *job)
{
	struct placed *p = &s->placed;
	size_t kept = 0;

	if (job->promised == PLACED_NOWHERE)
		return;
	p->promised[job->promised] = false;
	s->c.nodes[job->promised].up = true;
	job->promised = PLACED_NOWHERE;
	for (size_t i = 0; i < p->awaited_count; i++) {
		if (p->awaited[i] != job)
			p->awaited[kept++] = p->awaited[i];
	}
	p->awaited_count = kept;
}

/* ---- which nodes ---- */

/* How nodes are compared: all lower values first. */
struct placed_rank {
	uint64_t later; /* what the head leaves there, for what ends before it starts */
	bool off;
	uint32_t free;
	int64_t idle; /* for how long */
	uint32_t node;
};

static int compare_ranks(const void *a, const void *b)
{
	const struct placed_rank *x = a, *y = b;

	if (x->later != y->later)
		return x->later < y->later ? -1 : 1;
	if (x->off != y->off)
		return x->off ? 1 : -1;
	if (x->free != y->free)
		return x->free < y->free ? -1 : 1;
	if (x->idle != y->idle)
		return x->idle < y->idle ? -1 : 1;
	return x->node < y->node ? -1 : x->node > y->node;
}

enum placed_when {
	PLACED_NOW,    /* no job has to be heeded */
	PLACED_BEFORE, /* it ends before the head starts */
	PLACED_BESIDE, /* it is there still, so it takes what the head leaves */
};

static bool may_have(const struct sim *s, const struct fit_request *r, size_t node,
		     enum placed_when when)
{
	return !s->placed.promised[node] && fit_has_room(&s->c.nodes[node].free, r) &&
	       (when != PLACED_BESIDE || fit_has_room(&s->placed.later[node], r));
}

static struct placed_rank rank_of(const struct sim *s, size_t node, enum placed_when when)
{
	const struct placed *p = &s->placed;
	const struct fit_node *free = &s->c.nodes[node].free;

	return (struct placed_rank){
		.later = when == PLACED_BEFORE ? p->later[node].cpus : 0,
		.off = power_is_off(&p->power, &s->options->power, node, s->c.now),
		.free = free->cpus,
		.idle = free->jobs ? 0 : s->c.now - p->power.idle_since[node],
		.node = (uint32_t)node,
	};
}

/* Put the best nodes for the job in its place. 1; 0 if there are too few; -1 on failure. */
static int choose(struct sim *s, struct sim_job *job, enum placed_when when)
{
	const struct fit_request r = cluster_request(&job->job);
	cleanup_free struct placed_rank *ranks = NULL;
	size_t count = 0;

	for (size_t i = 0; i < s->c.node_count; i++) {
		if (may_have(s, &r, i, when))
			s->placed.order[count++] = (uint32_t)i;
	}
	if (count < r.nodes)
		return 0;
	ranks = malloc(count * sizeof(*ranks));
	if (!ranks)
		return error_sys(s->e, "%zu nodes", count);
	for (size_t i = 0; i < count; i++)
		ranks[i] = rank_of(s, s->placed.order[i], when);
	qsort(ranks, count, sizeof(*ranks), compare_ranks);
	for (size_t i = 0; i < r.nodes; i++)
		job->at[i] = ranks[i].node;
	return 1;
}

/* ---- when and where the head starts ---- */

struct placed_end {
	int64_t at;
	const struct sim_job *job;
	bool moves; /* it leaves the node from which it moves */
};

static int compare_ends(const void *a, const void *b)
{
	const struct placed_end *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->job->job.id < y->job->job.id ? -1 : x->job->job.id > y->job->job.id;
}

/* When nodes become free, by the estimates. How many such moments; -1 on failure. */
static long list_ends(struct sim *s)
{
	struct placed *p = &s->placed;
	size_t count = 0;

	if (p->end_room < 2 * s->events.count) {
		void *grown =
			reallocarray(p->ends, 2 * s->events.count, sizeof(*p->ends));

		if (!grown)
			return error_sys(s->e, "%zu jobs", s->events.count);
		p->ends = grown;
		p->end_room = 2 * s->events.count;
	}
	for (size_t i = 0; i < s->events.count; i++) {
		const struct sim_job *job = SIM_JOB(s->events.items[i], event);

		if (job->from != PLACED_NOWHERE)
			p->ends[count++] =
				(struct placed_end){ job->expected, job, true };
		p->ends[count++] = (struct placed_end){ job->from == PLACED_NOWHERE
								? job->expected
								: job->expected_end,
							job, false };
	}
	qsort(p->ends, count, sizeof(*p->ends), compare_ends);
	return (long)count;
}

/* How many nodes more have room for the request, once this one has been given back. */
static uint32_t give_later(struct sim *s, const struct sim_job *job, size_t node,
			   const struct fit_request *r)
{
	struct fit_node *later = &s->placed.later[node];
	bool before = fit_has_room(later, r);

	cluster_give_back(&s->c.nodes[node], &job->job, later);
	return !before && fit_has_room(later, r) && !s->placed.promised[node];
}

static uint32_t end_later(struct sim *s, const struct placed_end *end,
			  const struct fit_request *r)
{
	uint32_t more = 0;

	if (end->moves)
		return give_later(s, end->job, end->job->from, r);
	for (uint32_t i = 0; i < end->job->job.place.count; i++)
		more += give_later(s, end->job, end->job->at[i], r);
	return more;
}

/* Of the nodes that will have room it takes those where least is free now. */
static int settle_head(struct sim *s, const struct fit_request *r)
{
	cleanup_free struct placed_rank *ranks =
		malloc((s->c.node_count + 1) * sizeof(*ranks));
	size_t count = 0;

	if (!ranks)
		return error_sys(s->e, "%zu nodes", s->c.node_count);
	for (size_t i = 0; i < s->c.node_count; i++) {
		if (!s->placed.promised[i] && fit_has_room(&s->placed.later[i], r))
			ranks[count++] = (struct placed_rank){
				.later = s->c.nodes[i].free.cpus,
				.free = s->placed.later[i].cpus,
				.node = (uint32_t)i,
			};
	}
	qsort(ranks, count, sizeof(*ranks), compare_ranks);
	for (size_t i = 0; i < r->nodes && i < count; i++)
		fit_take(&s->placed.later[ranks[i].node], r);
	return 0;
}

/* *at: when the head starts; INT64_MAX: not before something unforeseen. */
static int foresee(struct sim *s, const struct sim_job *head, int64_t *at)
{
	const struct fit_request r = cluster_request(&head->job);
	long count = list_ends(s);
	uint32_t fit = 0;

	if (count < 0)
		return -1;
	for (size_t i = 0; i < s->c.node_count; i++) {
		s->placed.later[i] = s->c.nodes[i].free;
		fit += !s->placed.promised[i] && fit_has_room(&s->placed.later[i], &r);
	}
	*at = INT64_MAX;
	for (long i = 0; i < count; i++) {
		const struct placed_end *end = &s->placed.ends[i];

		/* All that ends at the same moment is free together. */
		if (fit >= r.nodes && end->at != *at)
			break;
		fit += end_later(s, end, &r);
		if (fit >= r.nodes)
			*at = end->at;
	}
	return settle_head(s, &r);
}

/* ---- the scheduler ---- */

static int start_awaited(struct sim *s)
{
	for (size_t i = 0; i < s->placed.awaited_count;) {
		struct sim_job *job = s->placed.awaited[i];
		const struct fit_request r = cluster_request(&job->job);

		if (!fit_has_room(&s->c.nodes[job->promised].free, &r)) {
			i++;
			continue;
		}
		job->at[0] = job->promised;
		if (sim_start(s, job) < 0)
			return -1;
	}
	return 0;
}

static int start_heads(struct sim *s, struct queue_item **head)
{
	int rc;

	while ((*head = queue_head(&s->queue))) {
		rc = choose(s, SIM_JOB(*head, wait), PLACED_NOW);
		if (rc <= 0)
			return rc;
		if (sim_start(s, SIM_JOB(*head, wait)) < 0)
			return -1;
	}
	return 0;
}

/* A request that found no room: what is no smaller finds none, either. */
struct placed_failed {
	bool any;
	uint32_t cpus;
	uint64_t memory;
};

static bool is_hopeless(const struct placed_failed *f, const struct cluster_place *p)
{
	return f->any && p->cpus >= f->cpus && p->memory >= f->memory;
}

static int fill_hole(struct sim *s, const struct queue_item *head, int64_t at)
{
	struct placed_failed failed[PLACED_BESIDE + 1] = { 0 };
	struct queue_hole hole = { .after = head->place,
				   .free = s->c.free,
				   .extra = QUEUE_CPUS_MAX,
				   .seconds = INT64_MAX };
	struct queue_item *item;

	while (hole.free > 0 && (item = queue_find(&s->queue, &hole))) {
		struct sim_job *job = SIM_JOB(item, wait);
		const struct fit_request r = cluster_request(&job->job);
		enum placed_when when = at == INT64_MAX || item->length > at - s->c.now
						? PLACED_BESIDE
						: PLACED_BEFORE;
		int rc;

		hole.after = item->place;
		if (is_hopeless(&failed[when], &job->job.place))
			continue;
		rc = choose(s, job, when);
		if (rc < 0)
			return -1;
		if (rc == 0 && r.nodes == 1)
			failed[when] = (struct placed_failed){ true, r.cpus, r.memory };
		if (rc == 0)
			continue;
		for (size_t i = 0; i < r.nodes && when == PLACED_BESIDE; i++)
			fit_take(&s->placed.later[job->at[i]], &r);
		if (sim_start(s, job) < 0)
			return -1;
		hole.free = s->c.free;
	}
	return 0;
}

int placed_pass(struct sim *s)
{
	struct queue_item *head;
	int64_t at;

	if (start_awaited(s) < 0)
		return -1;
	if (s->c.free == 0)
		return 0;
	if (start_heads(s, &head) < 0)
		return -1;
	if (!head || s->c.free == 0 || s->queue.count == 1)
		return 0;
	if (foresee(s, SIM_JOB(head, wait), &at) < 0)
		return -1;
	return fill_hole(s, head, at);
}

/* ---- checks ---- */

static void take_again(const struct sim *s, const struct sim_job *job,
		       struct fit_node *free)
{
	const struct fit_request r = cluster_request(&job->job);

	for (uint32_t i = 0; i < job->job.place.count; i++)
		fit_take(&free[job->at[i]], &r);
	if (job->from != PLACED_NOWHERE)
		fit_take(&free[job->from], &r);
}

bool placed_adds_up(const struct sim *s)
{
	cleanup_free struct fit_node *free = calloc(s->c.node_count + 1, sizeof(*free));
	uint64_t sum = 0;

	for (size_t i = 0; free && i < s->c.node_count; i++)
		free[i] = (struct fit_node){ .cpus = s->c.nodes[i].cpus,
					     .memory = s->c.nodes[i].memory };
	for (size_t i = 0; free && i < s->events.count; i++) {
		const struct sim_job *job = SIM_JOB(s->events.items[i], event);
		const struct fit_request r = cluster_request(&job->job);

		/* fit_take() does not go below zero, so what is too much is found here. */
		for (uint32_t n = 0; n < job->job.place.count; n++) {
			if (!fit_has_room(&free[job->at[n]], &r))
				return false;
		}
		take_again(s, job, free);
	}
	for (size_t i = 0; free && i < s->c.node_count; i++) {
		if (free[i].cpus != s->c.nodes[i].free.cpus ||
		    free[i].memory != s->c.nodes[i].free.memory ||
		    free[i].jobs != s->c.nodes[i].free.jobs)
			return false;
		sum += free[i].cpus;
	}
	return free && sum == s->c.free;
}
