// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * picture - nodes before and after the moves of a plan, a line each.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cmd/srebalance/plan.h"

#define WIDTH	  32 /* characters for the CPUs of a node, at most */
#define LINES_ALL 16 /* a cluster of no more nodes is shown as a whole, */
#define LINES_MAX 40 /* and of a larger one no more */

/* CPUs of a node. */
struct picture_node {
	uint32_t stay, leave, come, start;
};

static bool is_changed(const struct picture_node *n)
{
	return n->leave || n->come || n->start;
}

/* ---- what changes ---- */

static uint32_t used_by(const struct plan *p, const struct live_job *job, size_t node)
{
	return job->job.place.alone ? p->live.c.nodes[node].cpus : job->job.place.cpus;
}

static size_t index_of(const struct plan *p, const char *name)
{
	return (size_t)(node_table_find(&p->nodes, name) - p->nodes.nodes);
}

static void add_move(const struct plan *p, const struct plan_move *m,
		     struct picture_node *nodes)
{
	const struct cluster_place *place = &m->job->job.place;

	for (uint32_t i = 0; m->from && i < place->count; i++)
		nodes[place->nodes[i]].leave += used_by(p, m->job, place->nodes[i]);
	if (m->to)
		nodes[index_of(p, m->to)].come += used_by(p, m->job, index_of(p, m->to));
}

/* The job for which others leave starts once, where they were. */
static void add_start(const struct plan *p, const struct plan_move *m, size_t *last,
		      struct picture_node *nodes)
{
	if (p->policy != PLAN_DEFRAGMENT || m->group == *last)
		return;
	*last = m->group;
	nodes[index_of(p, m->from)].start += used_by(p, m->because, index_of(p, m->from));
}

static struct picture_node *take_picture(const struct plan *p)
{
	struct picture_node *nodes = calloc(p->live.c.node_count + 1, sizeof(*nodes));
	size_t last = SIZE_MAX;

	for (size_t i = 0; nodes && i < plan_count(p); i++) {
		struct plan_move move = plan_move(p, i);

		add_move(p, &move, nodes);
		add_start(p, &move, &last, nodes);
	}
	for (size_t i = 0; nodes && i < p->live.c.node_count; i++) {
		const struct cluster_node *node = &p->live.c.nodes[i];
		uint32_t used = node->cpus - node->free.cpus;

		nodes[i].stay = used > nodes[i].leave ? used - nodes[i].leave : 0;
	}
	return nodes;
}

/* ---- drawing ---- */

/* So many characters stand for the CPUs up to this one. */
static uint32_t place_of(uint32_t cpus, uint32_t all)
{
	if (cpus > all)
		cpus = all;
	return all <= WIDTH ? cpus : (uint32_t)((uint64_t)cpus * WIDTH / all);
}

/* CPUs of a kind each, behind one another; what is left is free. */
struct bar {
	char text[WIDTH + 3];
};

static struct bar draw(uint32_t all, const char *kinds, const uint32_t *cpus)
{
	uint32_t width = place_of(all, all), sum = 0, at = 0;
	struct bar bar;

	bar.text[0] = '[';
	memset(bar.text + 1, '.', width);
	for (; *kinds; kinds++) {
		sum += *cpus++;
		for (; at < place_of(sum, all); at++)
			bar.text[1 + at] = *kinds;
	}
	memcpy(bar.text + 1 + width, "]", 2);
	return bar;
}

static void print_node(const struct plan *p, size_t i, const struct picture_node *n,
		       FILE *f)
{
	uint32_t all = p->live.c.nodes[i].cpus;
	const uint32_t before[] = { n->stay, n->leave };
	const uint32_t after[] = { n->stay, n->come, n->start };

	fprintf(f, "%-12s %-*s %s\n", p->nodes.nodes[i].name, WIDTH + 2,
		draw(all, "#m", before).text, draw(all, "#mw", after).text);
}

void plan_print_picture(const struct plan *p, FILE *f)
{
	cleanup_free struct picture_node *nodes = take_picture(p);
	bool all = p->live.c.node_count <= LINES_ALL;
	size_t printed = 0, left = 0;

	if (!nodes)
		return;
	fprintf(f, "\n%-12s %-*s %s\n", "NODE", WIDTH + 2, "BEFORE", "AFTER");
	for (size_t i = 0; i < p->live.c.node_count; i++) {
		if (!all && !is_changed(&nodes[i]))
			continue;
		if (printed == LINES_MAX) {
			left++;
			continue;
		}
		print_node(p, i, &nodes[i], f);
		printed++;
	}
	if (left)
		fprintf(f, "and %zu more nodes that change\n", left);
	fputs("CPUs: # stay in use, m move, w are given to a job that waits, . are "
	      "free\n",
	      f);
}
