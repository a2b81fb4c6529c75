// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * drain - empty nodes; and, a batch after the other, have something done to them.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cmd/smigrate/migration.h"
#include "cmd/smigrate/upkeep.h"

bool drain_is_empty(const struct migration *m)
{
	for (size_t i = 0; i < m->nodes.count; i++) {
		const struct node_entry *node =
			node_table_find(&m->cluster, m->nodes.names[i]);

		if (node && node->busy && !node->down)
			return false;
	}
	return true;
}

/* ---- draining and resuming ---- */

/* Of the batch, those that are to be drained, or that were drained for our reason. */
static char *pick(const struct migration *m, bool drained)
{
	cleanup_free char **names = calloc(m->nodes.count + 1, sizeof(*names));
	size_t count = 0;

	for (size_t i = 0; names && i < m->nodes.count; i++) {
		const struct node_entry *node =
			node_table_find(&m->cluster, m->nodes.names[i]);

		if (!node || node->drain != drained)
			continue;
		if (!drained || !strcmp(node->reason, m->s->reason))
			names[count++] = node->name;
	}
	return names && count > 0 ? hosts_compress(names, count) : NULL;
}

/* What is drained already keeps its reason. */
static int mark_drained(struct migration *m, struct error *e)
{
	cleanup_free char *nodes = pick(m, false);

	if (!nodes)
		return 0;
	if (nodes_drain(nodes, m->s->reason, e) < 0)
		return -1;
	m->changed = true;
	display_say(m, "%s: drained", nodes);
	return migration_look(m, e);
}

static void undo(struct migration *m)
{
	cleanup_free char *nodes = NULL;
	struct error e;

	if (migration_look(m, &e) == 0)
		nodes = pick(m, true);
	if (!nodes)
		return;
	if (nodes_resume(nodes, &e) < 0)
		(void)complain(&e);
	else
		display_say(m, "%s: resumed, since not all was done", nodes);
}

/* ---- one batch ---- */

static int check_hosts(const struct migration *m, const struct hosts *hosts,
		       struct error *e)
{
	for (size_t i = 0; i < hosts->count; i++) {
		if (!node_table_find(&m->cluster, hosts->names[i]))
			return error_set(e, "node %s is not known to Slurm",
					 hosts->names[i]);
	}
	return 0;
}

static int check_list(const struct migration *m, const char *list, struct error *e)
{
	struct hosts hosts = { 0 };
	int rc = 0;

	if (list && hosts_expand(list, &hosts) < 0)
		rc = error_set(e, "%s: not a list of nodes", list);
	if (rc == 0)
		rc = check_hosts(m, &hosts, e);
	hosts_free(&hosts);
	return rc;
}

static int check_nodes(const struct migration *m, struct error *e)
{
	if (check_hosts(m, &m->nodes, e) < 0 || check_list(m, m->s->nodelist, e) < 0)
		return -1;
	return check_list(m, m->s->exclude, e);
}

void drain_tell(struct migration *m)
{
	for (size_t i = 0; i < m->nodes.count; i++) {
		const struct node_entry *node =
			node_table_find(&m->cluster, m->nodes.names[i]);

		if (!node || node->busy || m->emptied[i] > 0)
			continue;
		m->emptied[i] = seconds_now() - m->began;
		display_say(m, "node %s: empty after %.1f s", node->name, m->emptied[i]);
	}
}

static void complain_of_jobs(const struct migration *m)
{
	for (size_t i = 0; i < m->nodes.count; i++) {
		const struct node_entry *node =
			node_table_find(&m->cluster, m->nodes.names[i]);
		struct error e;

		if (node && !node->busy)
			continue;
		error_set(&e, "node %s is not empty", m->nodes.names[i]);
		(void)complain(&e);
	}
}

/* Would --uncheckpointable=fail, or a job, have us change nothing? */
static bool is_refused(const struct migration *m)
{
	bool refused = false;

	for (size_t i = 0; i < m->count; i++) {
		if (m->migrants[i]->verdict.act != MIGRATE_FAIL)
			continue;
		(void)complain(&m->migrants[i]->why);
		refused = true;
	}
	return refused;
}

static int plan(struct migration *m, struct error *e)
{
	if (check_nodes(m, e) < 0 || migration_find(m, e) < 0)
		return -1;
	return outlook_take(m, e);
}

/* All that is to be moved could be moved now. */
static bool is_complete(const struct migration *m)
{
	for (size_t i = 0; i < m->count; i++) {
		enum migrate_act act = m->migrants[i]->verdict.act;

		if (act == MIGRATE_WAIT || act == MIGRATE_SKIP || act == MIGRATE_FAIL)
			return false;
	}
	return true;
}

int migration_plan(struct migration *m, bool *go)
{
	struct error e;

	*go = false;
	if (plan(m, &e) < 0)
		return complain(&e);
	if (m->s->test_only) {
		display_plan(m);
		return is_complete(m) ? EXIT_DONE : EXIT_UNCHANGED;
	}
	if (is_refused(m))
		return EXIT_UNCHANGED;
	*go = true;
	return EXIT_DONE;
}

static int empty(struct migration *m)
{
	struct error e;
	int status;

	if (mark_drained(m, &e) < 0)
		return complain(&e);
	(void)take_up(m);
	if (migration_run(m, &e) < 0)
		return complain(&e);
	status = migration_status(m);
	complain_of_jobs(m);
	return status == EXIT_DONE && !drain_is_empty(m) ? EXIT_FAILED : status;
}

/* Its nodes, from first on. */
static int choose_batch(struct migration *m, const struct hosts *all, size_t first,
			size_t count, struct error *e)
{
	free(m->nodelist);
	m->nodelist = hosts_compress(all->names + first, count);
	if (!m->nodelist || hosts_expand(m->nodelist, &m->nodes) < 0)
		return error_sys(e, "nodes");
	m->emptied = calloc(m->nodes.count + 1, sizeof(*m->emptied));
	return m->emptied ? 0 : error_sys(e, "nodes");
}

static int drain_batch(struct migration *m, struct json_object *json)
{
	bool go;
	int status = migration_plan(m, &go);

	if (go)
		status = empty(m);
	if (go && status == EXIT_DONE)
		status = upkeep(m);
	if (go && status != EXIT_DONE && m->s->undo)
		undo(m);
	if (m->s->json) {
		(void)migration_look(m, NULL);
		display_json_add(json, m);
	}
	return status;
}

/* ---- all ---- */

/* With --not-back: no job of this batch goes where one of the batches before was. */
static char *exclude(const struct smigrate *s, const struct hosts *all, size_t first)
{
	cleanup_free char *done = hosts_compress(all->names, first);

	return done ? hosts_join(s->exclude ? s->exclude : "", done) : NULL;
}

static int drain_some(const struct smigrate *s, const struct hosts *all, size_t first,
		      size_t count, struct json_object *json)
{
	cleanup_free char *excluded = NULL;
	struct smigrate batch = *s;
	struct migration m;
	struct error e;
	int status;

	if (s->not_back && first > 0)
		batch.exclude = excluded = exclude(s, all, first);
	if (s->not_back && first > 0 && !excluded) {
		error_sys(&e, "nodes");
		return complain(&e);
	}
	if (migration_init(&m, &batch, &e) < 0 ||
	    choose_batch(&m, all, first, count, &e) < 0)
		status = complain(&e);
	else
		status = drain_batch(&m, json);
	migration_free(&m);
	return status;
}

static int drain_each(const struct smigrate *s, const struct hosts *all, size_t at_once,
		      struct json_object *json)
{
	int status = EXIT_DONE;

	for (size_t i = 0; status == EXIT_DONE && i < all->count; i += at_once) {
		size_t left = all->count - i;

		status = drain_some(s, all, i, left < at_once ? left : at_once, json);
	}
	return status;
}

int drain(const struct smigrate *s, struct json_object *json)
{
	struct hosts all;
	int status;

	if (hosts_expand(s->drain, &all) < 0 || all.count == 0)
		status = misuse("--drain-node=%s: not a list of nodes", s->drain);
	else
		status = drain_each(
			s, &all, s->batch && !s->test_only ? s->batch : all.count, json);
	hosts_free(&all);
	return status;
}
