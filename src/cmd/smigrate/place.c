// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "cmd/smigrate/place.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* Where it must not start: what is to be emptied, or where it is. */
const char *place_avoided(const struct migration *m, const struct migrant *j)
{
	return *m->nodelist ? m->nodelist : j->from;
}

const char *place_unfit(const struct migrant *j)
{
	return j->unfit ? j->unfit : "";
}

/* Its own request: what it asks for now may be an earlier move's. */
const char *place_own(const struct migrant *j, const struct job_entry *job,
		      enum placement_field field)
{
	if (j->own.value[field])
		return j->own.value[field];
	switch (field) {
	case PLACEMENT_NODELIST:
		return job->nodelist;
	case PLACEMENT_EXCLUDE:
		return job->exclude;
	case PLACEMENT_PARTITION:
		return job->partition;
	default:
		return job->constraint;
	}
}

/* Of the cluster's nodes: mark those of a hostlist. */
void place_mark(const struct migration *m, bool *marks, const char *list, bool value)
{
	struct hosts hosts;

	if (!list || !*list)
		return;
	if (hosts_expand(list, &hosts) == 0) {
		for (size_t i = 0; i < hosts.count; i++) {
			const struct node_entry *node =
				node_table_find(&m->cluster, hosts.names[i]);

			if (node)
				marks[node - m->cluster.nodes] = value;
		}
	}
	hosts_free(&hosts);
}

char *place_chosen(const struct migration *m, const struct migrant *j)
{
	cleanup_free char **names = calloc(j->node_count, sizeof(*names));

	for (unsigned int i = 0; names && i < j->node_count; i++)
		names[i] = m->cluster.nodes[j->chosen[i]].name;
	return names ? hosts_compress(names, j->node_count) : NULL;
}

/* Nodes but those of a list. */
static char *all_but(const struct migration *m, const char *list)
{
	cleanup_free bool *marks = calloc(m->cluster.count + 1, sizeof(*marks));
	cleanup_free char **names = calloc(m->cluster.count + 1, sizeof(*names));
	size_t count = 0;

	if (!marks || !names)
		return NULL;
	place_mark(m, marks, list, true);
	for (size_t i = 0; i < m->cluster.count; i++) {
		if (!marks[i])
			names[count++] = m->cluster.nodes[i].name;
	}
	return hosts_compress(names, count);
}

/*
 * A list of as many nodes as it runs on, or of fewer, is what Slurm takes for nodes that
 * are asked for. Of more, it may have any: then all others are refused.
 */
static int place_on_list(const struct migration *m, struct migrant *j,
			 const struct job_entry *job)
{
	cleanup_free char *others = NULL, *all = NULL;
	struct hosts hosts;
	size_t count;

	if (hosts_expand(m->s->nodelist, &hosts) < 0)
		return -1;
	count = hosts.count;
	hosts_free(&hosts);
	if (count <= j->node_count)
		return placement_put(&j->wanted, PLACEMENT_NODELIST, m->s->nodelist);
	others = all_but(m, m->s->nodelist);
	all = others ? hosts_join(place_own(j, job, PLACEMENT_EXCLUDE), others) : NULL;
	if (!all || placement_put(&j->wanted, PLACEMENT_EXCLUDE, all) < 0)
		return -1;
	return placement_put(&j->wanted, PLACEMENT_NODELIST, "");
}

/*
 * Nodes that it must not have: the option's, its own unless they are drained, and those
 * whose CPU will not do.
 */
static int place_off_list(const struct migration *m, struct migrant *j,
			  const struct job_entry *job)
{
	const char *here = *m->nodelist ? "" : j->from;
	const char *had = j->wanted.value[PLACEMENT_EXCLUDE];
	cleanup_free char *list =
		hosts_join(had ? had : place_own(j, job, PLACEMENT_EXCLUDE),
			   m->s->exclude ? m->s->exclude : "");
	cleanup_free char *more = list ? hosts_join(list, place_unfit(j)) : NULL;
	cleanup_free char *all = more ? hosts_join(more, here) : NULL;

	if (!all)
		return -1;
	if (!m->s->exclude && !*here && !*place_unfit(j))
		return 0;
	return placement_put(&j->wanted, PLACEMENT_EXCLUDE, all);
}

/* What it is to ask for; only as much as has to be changed. */
int place(const struct migration *m, struct migrant *j, const struct job_entry *job,
	  bool fits)
{
	const struct smigrate *s = m->s;
	cleanup_free char *names = NULL;

	placement_free(&j->wanted);
	if (s->partition && placement_put(&j->wanted, PLACEMENT_PARTITION, s->partition))
		return -1;
	if (s->relax && *place_own(j, job, PLACEMENT_NODELIST) &&
	    placement_put(&j->wanted, PLACEMENT_NODELIST, "") < 0)
		return -1;
	if (s->relax && *place_own(j, job, PLACEMENT_CONSTRAINT) &&
	    placement_put(&j->wanted, PLACEMENT_CONSTRAINT, "") < 0)
		return -1;
	if (s->nodelist && place_on_list(m, j, job) < 0)
		return -1;
	if (place_off_list(m, j, job) < 0)
		return -1;
	if (!fits || !(s->exclusive || s->exclusive_user || s->spread))
		return 0;
	names = place_chosen(m, j);
	return names ? placement_put(&j->wanted, PLACEMENT_NODELIST, names) : -1;
}
