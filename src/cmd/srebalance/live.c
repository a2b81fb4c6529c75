// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "cmd/srebalance/live.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "slurm/elsewhere.h"
#include "slurm/hosts.h"

#define UNLIMITED (365 * 24 * 3600L) /* seconds; no job is believed to run longer */

/*
 * What a checkpoint takes as long as nobody has measured: as in sim/cost.c, the memory that
 * the job may use, written by a network of 10 Gbit/s, and 3 s.
 */
#define GUESS_FIXED 3
#define GUESS_RATE  1000 /* MB a second */

struct live_job *live_job(const struct cluster_job *job)
{
	return (struct live_job *)(void *)((char *)(uintptr_t)job -
					   offsetof(struct live_job, job));
}

/* ---- nodes ---- */

static bool is_in_partition(const char *partitions, const struct live_options *o)
{
	return !o->partition || list_has(partitions, o->partition);
}

static void set_tier(struct cluster_node *node, const char *partitions,
		     const struct live_options *o)
{
	node->speed = 1;
	for (size_t i = 0; i < o->tier_count; i++) {
		if (!list_has(partitions, o->tiers[i].partition))
			continue;
		node->rank = (uint32_t)(o->tier_count - i);
		node->speed = o->tiers[i].speed;
		return;
	}
}

static int fill_nodes(struct live *l, const struct live_options *o, struct error *e)
{
	struct cluster *c = &l->c;

	c->node_count = l->nodes->count;
	c->nodes = calloc(c->node_count + 1, sizeof(*c->nodes));
	if (!c->nodes)
		return error_sys(e, "nodes");
	for (size_t i = 0; i < c->node_count; i++) {
		const struct node_entry *entry = &l->nodes->nodes[i];
		struct cluster_node *node = &c->nodes[i];

		node->cpus = entry->cpus;
		node->memory = entry->memory;
		node->up = entry->takes_jobs && is_in_partition(entry->partitions, o);
		node->free =
			(struct fit_node){ .cpus = entry->cpus, .memory = entry->memory };
		set_tier(node, entry->partitions, o);
	}
	return 0;
}

/* ---- which nodes a request allows ---- */

struct live_view {
	char *key;
	bool *allowed;
};

static int compare_views(const void *a, const void *b)
{
	const struct live_view *x = a, *y = b;

	return strcmp(x->key, y->key);
}

static void free_view(void *p)
{
	struct live_view *v = p;

	free(v->key);
	free(v->allowed);
	free(v);
}

/* Of those that are allowed, only the ones in the list, or not in it, stay so. */
static void restrict_to(const struct live *l, bool *allowed, const char *list,
			bool inside)
{
	struct hosts hosts = { 0 };
	cleanup_free bool *in = calloc(l->c.node_count + 1, sizeof(bool));

	if (in && *list && hosts_expand(list, &hosts) == 0) {
		for (size_t i = 0; i < hosts.count; i++) {
			const struct node_entry *node =
				node_table_find(l->nodes, hosts.names[i]);

			if (node)
				in[node - l->nodes->nodes] = true;
		}
		for (size_t i = 0; i < l->c.node_count; i++)
			allowed[i] = allowed[i] && in[i] == inside;
	}
	hosts_free(&hosts);
}

static void mark_allowed(const struct live *l, bool *allowed, const struct job_entry *job,
			 const char *partitions)
{
	for (size_t i = 0; i < l->c.node_count; i++)
		allowed[i] =
			l->c.nodes[i].up && elsewhere_allows(&l->nodes->nodes[i],
							     partitions, job->constraint);
	restrict_to(l, allowed, job->nodelist, true);
	restrict_to(l, allowed, job->exclude, false);
}

/* Its own partitions, and those that are preferred. */
static char *partitions_of(const struct job_entry *job, const struct live_options *o)
{
	char *all = strdup(job->partition);

	for (size_t i = 0; all && i < o->tier_count; i++) {
		char *more = str_printf("%s,%s", all, o->tiers[i].partition);

		free(all);
		all = more;
	}
	return all;
}

static const bool *view_of(struct live *l, const struct job_entry *job,
			   const struct live_options *o)
{
	cleanup_free char *partitions = partitions_of(job, o);
	struct live_view *v = calloc(1, sizeof(*v));
	struct live_view **found;

	if (!v)
		return NULL;
	v->key = partitions ? str_printf("%s|%s|%s|%s", partitions, job->nodelist,
					 job->exclude, job->constraint)
			    : NULL;
	found = v->key ? tsearch(v, &l->views, compare_views) : NULL;
	if (!found || *found != v) {
		free_view(v);
		return found ? (*found)->allowed : NULL;
	}
	v->allowed = calloc(l->c.node_count + 1, sizeof(bool));
	if (v->allowed)
		mark_allowed(l, v->allowed, job, partitions);
	return v->allowed;
}

int live_forbid(struct live *l, struct live_job *job, const char *nodes)
{
	size_t size = (l->c.node_count + 1) * sizeof(bool);

	if (!job->allowed) {
		job->allowed = malloc(size);
		if (!job->allowed)
			return -1;
		memcpy(job->allowed, job->job.place.allowed, size);
		job->job.place.allowed = job->allowed;
	}
	restrict_to(l, job->allowed, nodes, false);
	return 0;
}

/* ---- where jobs are ---- */

static int add_at(struct live *l, size_t node)
{
	if (l->at_count == l->at_room) {
		size_t room = l->at_room ? 2 * l->at_room : 1024;
		void *grown = reallocarray(l->at, room, sizeof(l->at[0]));

		if (!grown)
			return -1;
		l->at = grown;
		l->at_room = room;
	}
	l->at[l->at_count++] = (uint32_t)node;
	return 0;
}

static int add_host(struct live *l, const char *name)
{
	const struct node_entry *node = node_table_find(l->nodes, name);

	return node ? add_at(l, (size_t)(node - l->nodes->nodes)) : 0;
}

/* Most jobs have one node, whose name need not be taken apart. */
static int add_hosts(struct live *l, const char *list)
{
	struct hosts hosts = { 0 };
	int rc = 0;

	if (!strpbrk(list, "[,"))
		return add_host(l, list);
	if (hosts_expand(list, &hosts) == 0) {
		for (size_t i = 0; rc == 0 && i < hosts.count; i++)
			rc = add_host(l, hosts.names[i]);
	}
	hosts_free(&hosts);
	return rc;
}

/* place.count is set now; place.nodes when the array grows no more. */
static int find_place(struct live *l, struct live_job *j)
{
	size_t before = l->at_count;
	const struct fit_request request = cluster_request(&j->job);

	if (add_hosts(l, j->entry->nodes) < 0)
		return -1;
	j->job.place.count = (uint32_t)(l->at_count - before);
	for (size_t i = before; i < l->at_count; i++)
		fit_take(&l->c.nodes[l->at[i]].free, &request);
	return 0;
}

/* ---- jobs ---- */

static uint32_t rank_of(const struct job_entry *job, const struct live_options *o)
{
	for (size_t i = 0; i < o->tier_count; i++) {
		if (list_has(job->partition, o->tiers[i].partition))
			return (uint32_t)(o->tier_count - i);
	}
	return 0;
}

static long guess(const struct job_entry *job)
{
	return GUESS_FIXED + (long)((job->memory + GUESS_RATE - 1) / GUESS_RATE);
}

static void fill_job(struct live_job *j, const struct job_entry *job,
		     const struct live_options *o)
{
	bool running = job->phase == JOB_RUNS;

	j->entry = job;
	j->job = (struct cluster_job){
		.id = job->id,
		.cpus = job->cpus * job->node_count,
		.checkpoints = job->restarts,
		.phase = running       ? CLUSTER_RUNNING
			 : *job->nodes ? CLUSTER_LEAVING
				       : CLUSTER_WAITING,
		.submit = job->submit,
		.start = running ? job->begin : 0,
		.estimate = job->limit == JOB_NO_LIMIT ? UNLIMITED : job->limit,
		.dump = guess(job),
		.restore = guess(job),
		.image = (double)(job->memory << 20) * job->node_count,
		.fair_wait = -1,
		.place = { .count = job->node_count,
			   .cpus = job->cpus,
			   .memory = job->memory,
			   .user = job->user,
			   .rank = rank_of(job, o),
			   .alone = job->whole_nodes },
	};
}

/* CPUs of the largest node. */
static uint32_t widest(const struct live *l)
{
	uint32_t most = 0;

	for (size_t i = 0; i < l->c.node_count; i++) {
		if (l->c.nodes[i].up && l->c.nodes[i].cpus > most)
			most = l->c.nodes[i].cpus;
	}
	return most;
}

static int add_job(struct live *l, struct live_job *j, const struct live_options *o)
{
	const struct job_entry *job = j->entry;
	bool here = is_in_partition(job->partition, o);

	if (job->phase == JOB_RUNS || job->phase == JOB_LEAVES) {
		if (find_place(l, j) < 0)
			return -1;
		l->c.submitted++;
		l->c.checkpointed += job->restarts > 0;
		if (job->phase == JOB_LEAVES)
			return 0;
		j->job.place.movable = here && job->one_node && !job->suspended &&
				       job->requeue && o->movable(o->arg, job);
		if (j->job.place.movable && !(j->job.place.allowed = view_of(l, job, o)))
			return -1;
		return cluster_list_add(&l->c.running, &j->job);
	}
	if (job->phase != JOB_QUEUED || !job->competes || !here)
		return 0;
	l->c.submitted++;
	/* What may be spread over nodes is not kept waiting by where CPUs are free. */
	j->job.place.count = job->one_node ? 1 : 0;
	if (job->whole_nodes)
		j->job.cpus = widest(l) * job->node_count;
	if (job->one_node && !(j->job.place.allowed = view_of(l, job, o)))
		return -1;
	return cluster_list_add(&l->c.waiting, &j->job);
}

static int by_priority(const void *a, const void *b)
{
	const struct cluster_job *const *x = a, *const *y = b;
	unsigned int one = live_job(*x)->entry->priority;
	unsigned int other = live_job(*y)->entry->priority;

	if (one != other)
		return one > other ? -1 : 1;
	return (*x)->id < (*y)->id ? -1 : (*x)->id > (*y)->id;
}

static void sort_waiting(struct cluster_list *waiting)
{
	if (waiting->count > 1)
		qsort(waiting->jobs, waiting->count, sizeof(waiting->jobs[0]),
		      by_priority);
	for (size_t i = 0; i < waiting->count; i++)
		waiting->jobs[i]->index = i;
}

/* Now that the array of places does not move any more. */
static void point_at_places(struct live *l)
{
	size_t at = 0;

	for (size_t i = 0; i < l->count; i++) {
		struct live_job *j = &l->jobs[i];

		if (j->entry->phase != JOB_RUNS && j->entry->phase != JOB_LEAVES)
			continue;
		j->job.place.nodes = l->at + at;
		at += j->job.place.count;
	}
}

static void count_cpus(struct cluster *c)
{
	for (size_t i = 0; i < c->node_count; i++) {
		if (!c->nodes[i].up)
			continue;
		c->cpus += c->nodes[i].cpus;
		c->free += c->nodes[i].free.cpus;
	}
}

int live_fill(struct live *l, const struct job_table *table,
	      const struct node_table *nodes, const struct live_options *o,
	      struct error *e)
{
	*l = (struct live){ .table = table, .nodes = nodes, .c = { .now = o->now } };
	if (fill_nodes(l, o, e) < 0)
		return -1;
	l->jobs = calloc(table->count + 1, sizeof(*l->jobs));
	if (!l->jobs)
		return error_sys(e, "jobs");
	for (; l->count < table->count; l->count++) {
		struct live_job *j = &l->jobs[l->count];

		fill_job(j, &table->jobs[l->count], o);
		if (add_job(l, j, o) < 0)
			return error_sys(e, "jobs");
	}
	point_at_places(l);
	sort_waiting(&l->c.waiting);
	count_cpus(&l->c);
	return 0;
}

void live_free(struct live *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->jobs[i].allowed);
	free(l->jobs);
	free(l->at);
	tdestroy(l->views, free_view);
	free(l->c.nodes);
	cluster_list_free(&l->c.waiting);
	cluster_list_free(&l->c.running);
	*l = (struct live){ 0 };
}
