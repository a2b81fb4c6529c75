// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "slurm/elsewhere.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "slurm/estimate.h"
#include "slurm/hosts.h"

static bool is_word(const char *constraint)
{
	return *constraint && !strpbrk(constraint, "&|[]()*,");
}

static bool in_partition(const struct node_entry *node, const char *partitions)
{
	cleanup_free char *copy = strdup(partitions);
	char *rest = NULL;

	for (char *p = copy ? strtok_r(copy, ",", &rest) : NULL; p;
	     p = strtok_r(NULL, ",", &rest)) {
		if (list_has(node->partitions, p))
			return true;
	}
	return false;
}

bool elsewhere_allows(const struct node_entry *node, const char *partitions,
		      const char *constraint)
{
	return in_partition(node, partitions) &&
	       (!is_word(constraint) || list_has(node->features, constraint));
}

int elsewhere_load(struct node_table *cluster, struct error *e)
{
	if (node_table_load(cluster, e) == 0 || errno == EACCES)
		return 0;
	return -1;
}

/* The whole request, each field as it would be. */
struct request {
	const char *value[PLACEMENT_FIELDS];
};

static struct request whole_request(const struct job_entry *job,
				    const struct placement *p)
{
	struct request r = { .value = {
				     [PLACEMENT_NODELIST] = job->nodelist,
				     [PLACEMENT_EXCLUDE] = job->exclude,
				     [PLACEMENT_PARTITION] = job->partition,
				     [PLACEMENT_CONSTRAINT] = job->constraint,
			     } };

	for (int i = 0; i < PLACEMENT_FIELDS; i++) {
		if (p->value[i])
			r.value[i] = p->value[i];
	}
	return r;
}

static bool is_in(const char *list, const char *node)
{
	return *list && hosts_meet(list, node);
}

/* One of the nodes that the job asks for: it would have to have all of them. */
static int check_asked(const struct node_table *cluster, const struct request *r,
		       const char *name, struct error *e)
{
	const struct node_entry *node = node_table_find(cluster, name);
	const char *partition = r->value[PLACEMENT_PARTITION];
	const char *constraint = r->value[PLACEMENT_CONSTRAINT];

	if (!node && cluster->count > 0)
		return error_set(e, "Invalid node name specified: %s", name);
	if (is_in(r->value[PLACEMENT_EXCLUDE], name))
		return error_set(e,
				 "it asks for %s, which is among the excluded nodes; say "
				 "with --nodelist where it is to go",
				 name);
	if (!node)
		return 0;
	if (!elsewhere_allows(node, partition, ""))
		return error_set(e, "%s is not in its partition, %s", name, partition);
	if (!elsewhere_allows(node, partition, constraint))
		return error_set(e, "%s does not have the feature %s, for which it asks",
				 name, constraint);
	return 0;
}

static int check_nodelist(const struct node_table *cluster, const struct request *r,
			  struct error *e)
{
	const char *nodelist = r->value[PLACEMENT_NODELIST];
	struct hosts hosts = { 0 };
	int rc = 0;

	if (*nodelist && hosts_expand(nodelist, &hosts) < 0)
		rc = error_set(e, "Invalid node name specified: %s", nodelist);
	for (size_t i = 0; rc == 0 && i < hosts.count; i++)
		rc = check_asked(cluster, r, hosts.names[i], e);
	hosts_free(&hosts);
	return rc;
}

struct left {
	size_t count; /* nodes that the request leaves */
	bool away;    /* one of them takes no jobs now, but may later */
};

static struct left count_left(const struct node_table *cluster, const struct request *r)
{
	struct left left = { 0 };

	for (size_t i = 0; i < cluster->count; i++) {
		const struct node_entry *node = &cluster->nodes[i];

		if (is_in(r->value[PLACEMENT_EXCLUDE], node->name) ||
		    !elsewhere_allows(node, r->value[PLACEMENT_PARTITION],
				      r->value[PLACEMENT_CONSTRAINT]))
			continue;
		left.count++;
		left.away = left.away || !node->takes_jobs;
	}
	return left;
}

/* slurmctld knows more of what a job needs; of nodes that are away it says "never", too.
 */
static int check_slurm(const struct job_entry *job, const struct request *r,
		       struct error *e)
{
	struct placement p = { 0 };
	struct estimate estimate;
	int rc;

	for (int i = 0; i < PLACEMENT_FIELDS; i++)
		p.value[i] = (char *)r->value[i];
	rc = estimate_start(job, &p, &estimate, e);
	if (rc == 0 && estimate.never)
		rc = error_set(e, "Slurm would never start it there: %s", estimate.why);
	estimate_free(&estimate);
	return rc;
}

int elsewhere_check(const struct node_table *cluster, const struct job_entry *job,
		    const struct placement *request, struct error *e)
{
	struct request r = whole_request(job, request);
	struct left left;

	if (check_nodelist(cluster, &r, e) < 0)
		return -1;
	if (cluster->count == 0)
		return 0;
	left = count_left(cluster, &r);
	if (left.count < job->node_count)
		return error_set(
			e,
			"it needs %u node%s, and of its partition, %s, %zu would "
			"be left for it",
			job->node_count, job->node_count == 1 ? "" : "s",
			r.value[PLACEMENT_PARTITION], left.count);
	return left.away ? 0 : check_slurm(job, &r, e);
}

/* ---- what users write ---- */

#define WORDS_MAX 1024 /* bytes of partitions, or of features */

static bool are_known_nodes(const struct node_table *cluster, const char *list)
{
	struct hosts hosts;
	bool known = hosts_expand(list, &hosts) == 0;

	/* To whom the site shows no nodes, none is known. */
	for (size_t i = 0; known && cluster->count > 0 && i < hosts.count; i++)
		known = node_table_find(cluster, hosts.names[i]) != NULL;
	/* Each once, or so: nobody asks for the same node a thousand times. */
	known = known && (cluster->count == 0 || hosts.count <= cluster->count);
	hosts_free(&hosts);
	return known;
}

static bool is_known_partition(const struct node_table *cluster, const char *name)
{
	for (size_t i = 0; i < cluster->count; i++) {
		if (list_has(cluster->nodes[i].partitions, name))
			return true;
	}
	return cluster->count == 0;
}

static bool are_known_partitions(const struct node_table *cluster, const char *list)
{
	cleanup_free char *copy = strlen(list) < WORDS_MAX ? strdup(list) : NULL;
	char *rest = NULL;

	for (char *p = copy ? strtok_r(copy, ",", &rest) : NULL; p;
	     p = strtok_r(NULL, ",", &rest)) {
		if (!is_known_partition(cluster, p))
			return false;
	}
	return copy != NULL;
}

static bool are_features(const char *text)
{
	size_t length = strlen(text);

	return length < WORDS_MAX &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "0123456789_-.:=&|[]()*,") == length;
}

static bool is_sound(const struct node_table *cluster, enum placement_field field,
		     const char *value)
{
	if (!*value)
		return true;
	switch (field) {
	case PLACEMENT_PARTITION:
		return are_known_partitions(cluster, value);
	case PLACEMENT_CONSTRAINT:
		return are_features(value);
	default:
		return are_known_nodes(cluster, value);
	}
}

void elsewhere_clean(const struct node_table *cluster, struct placement *own)
{
	for (int i = 0; i < PLACEMENT_FIELDS; i++) {
		char **value = &own->value[i];

		if (*value && !is_sound(cluster, (enum placement_field)i, *value)) {
			free(*value);
			*value = NULL;
		}
	}
}
