// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * select - which of the jobs in the store are meant.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/identity.h"
#include "base/str.h"
#include "cmd/scheckpoint.h"
#include "plan/jobspec.h"
#include "slurm/hosts.h"
#include "slurm/job.h"
#include "slurm/jobs.h"
#include "store/catalog.h"
#include "store/generation.h"

struct selection {
	const struct scheckpoint *s;
	struct jobspec_list specs;
	bool *found; /* by spec */
	stored_fn fn;
	void *arg;
	bool folders; /* and not what is in them */
	int status;
	char *last;   /* user, */
	int failures; /* and how many of theirs have failed */
};

#define FAILURES_MAX 100

/* Whose folders: NULL for all users. Root, who may see them all, need not say whose. */
static const char *whose(const struct scheckpoint *s)
{
	if (s->user)
		return s->user;
	return s->all || (getuid() == 0 && conf_find_percent(s->dir, 'u')) ? NULL
									   : s->self;
}

static int call(struct selection *sel, const char *user, unsigned int job,
		struct folder *folder)
{
	cleanup_free unsigned int *numbers = NULL;
	cleanup_free char *name = folder_job_name(folder, job);
	struct stored_job stored = {
		.name = name, .id = job, .user = user, .folder = folder
	};
	struct error e;

	if (!name)
		return EXIT_FAILED;
	if (!sel->folders && generation_list(folder, &numbers, &stored.count, &e) < 0)
		return complain(&e);
	stored.numbers = numbers;
	return sel->fn(sel->s, &stored, sel->arg);
}

static bool is_named(struct selection *sel, unsigned int job, const struct folder *folder)
{
	unsigned int array = folder_number(folder, RECORD_ARRAY_JOB, 0);
	unsigned int task = folder_number(folder, RECORD_ARRAY_TASK, JOBSPEC_NO_TASK);
	bool named = sel->specs.count == 0;

	for (size_t i = 0; i < sel->specs.count; i++) {
		/* One that was found by its number has been dealt with. */
		if (!sel->specs.specs[i].tasks && sel->specs.specs[i].job == job &&
		    sel->found[i])
			return false;
		if (!jobspec_matches(&sel->specs.specs[i], job, array, task))
			continue;
		sel->found[i] = true;
		named = true;
	}
	return named;
}

/* A record's node is one: what a user wrote of a million in its place is none of them. */
static bool is_on(const char *node, const char *nodelist)
{
	return !strpbrk(node, "[,") && hosts_meet(node, nodelist);
}

static bool is_selected(const struct scheckpoint *s, const struct folder *folder)
{
	const char *partition = manifest_get(&folder->record, RECORD_PARTITION);
	const char *node = manifest_get(&folder->record, RECORD_NODE);

	if (s->partition && (!partition || strcmp(partition, s->partition) != 0))
		return false;
	return !s->nodelist || (node && is_on(node, s->nodelist));
}

/* Of a user whose folders fail one after the other, others are not to read all that. */
static bool is_given_up(struct selection *sel, const char *user)
{
	if (sel->last && !strcmp(sel->last, user))
		return sel->failures >= FAILURES_MAX;
	free(sel->last);
	sel->last = strdup(user);
	sel->failures = 0;
	return false;
}

static void give_up(struct selection *sel, const char *user)
{
	struct error e;

	if (whose(sel->s) || ++sel->failures != FAILURES_MAX)
		return;
	error_set(&e,
		  "user %s: %d of their jobs have failed, and the rest is left out; name "
		  "the user to have all",
		  user, FAILURES_MAX);
	(void)complain(&e);
}

static int visit(void *arg, const char *user, unsigned int job, struct folder *folder,
		 struct error *e)
{
	struct selection *sel = arg;

	(void)e;
	if (is_given_up(sel, user) || !is_selected(sel->s, folder) ||
	    !is_named(sel, job, folder) || call(sel, user, job, folder) == EXIT_DONE)
		return 0;
	sel->status = EXIT_FAILED;
	give_up(sel, user);
	return 0;
}

static void fail(void *arg, const char *user, const struct error *e)
{
	struct selection *sel = arg;
	struct error told = *e;

	error_prefix(&told, "user %s", user);
	sel->status = complain(&told);
}

/*
 * A plain number of a known user's is looked up, and not searched for. False if there
 * may be more: it is the number of an array, too, which one of its elements has.
 */
static bool try_directly(struct selection *sel, size_t i, const char *user,
			 struct error *e)
{
	const struct jobspec *spec = &sel->specs.specs[i];
	struct folder folder;
	bool array;
	int rc;

	if (spec->tasks || !user || identity_become(user, e) < 0)
		return false;
	rc = folder_open(&folder, sel->s->dir, user, sel->s->cluster, spec->job, e);
	if (rc < 0 && folder.fd < 0 && errno != ENOENT) {
		sel->found[i] = true;
		sel->status = complain(e);
	} else if (folder.fd >= 0) {
		sel->found[i] = true;
		if (call(sel, user, folder.job, &folder) != EXIT_DONE)
			sel->status = EXIT_FAILED;
	}
	array = folder_number(&folder, RECORD_ARRAY_JOB, 0) != 0;
	folder_close(&folder);
	identity_back();
	return sel->found[i] && !array;
}

static int search(struct selection *sel, struct error *e)
{
	const char *user = whose(sel->s);
	bool all_found = sel->specs.count > 0;
	struct error why;

	for (size_t i = 0; i < sel->specs.count; i++)
		all_found = try_directly(sel, i, user, &why) && all_found;
	if (all_found)
		return 0;
	/* A pattern that cannot be searched says by its own sentence what is missing. */
	if (sel->specs.count && conf_find_percent(sel->s->dir, 'j'))
		return 0;
	return catalog_each(sel->s->dir, user, sel->s->cluster, visit, fail, sel, e);
}

char *select_dir(const struct scheckpoint *s, unsigned int job)
{
	const char *user = whose(s);

	if (!user || (job == 0 && conf_find_percent(s->dir, 'j')))
		return NULL;
	return conf_expand_dir(s->dir, user, job, NULL);
}

static void say_missing(const struct scheckpoint *s, const struct jobspec *spec,
			struct error *e)
{
	cleanup_free char *dir = select_dir(s, spec->job);

	if (dir)
		error_set(e, "job %s has no checkpoints in %s", spec->text, dir);
	else
		error_set(e, "job %s has no checkpoints in any user's %s", spec->text,
			  s->dir);
}

static void complain_of_missing(struct selection *sel)
{
	for (size_t i = 0; i < sel->specs.count; i++) {
		struct error e;

		if (sel->found[i])
			continue;
		say_missing(sel->s, &sel->specs.specs[i], &e);
		sel->status = complain(&e);
	}
}

/* Those that the arguments name, or all. */
static int each(struct selection *sel, int argc, char **argv)
{
	cleanup_free bool *found = NULL;
	struct error e;
	int rc = 0;

	for (int i = 0; rc == 0 && i < argc; i++)
		rc = jobspec_parse(&sel->specs, argv[i], &e);
	if (rc == 0) {
		found = sel->found = calloc(sel->specs.count + 1, sizeof(bool));
		rc = found ? search(sel, &e) : error_sys(&e, "jobs");
	}
	if (rc == 0)
		complain_of_missing(sel);
	else
		sel->status = complain(&e);
	jobspec_free(&sel->specs);
	free(sel->last);
	return sel->status;
}

int each_stored(const struct scheckpoint *s, int argc, char **argv, stored_fn fn,
		void *arg)
{
	struct selection sel = { .s = s, .fn = fn, .arg = arg, .status = EXIT_DONE };

	return each(&sel, argc, argv);
}

int each_folder(const struct scheckpoint *s, int argc, char **argv, stored_fn fn,
		void *arg)
{
	struct selection sel = {
		.s = s, .fn = fn, .arg = arg, .folders = true, .status = EXIT_DONE
	};

	return each(&sel, argc, argv);
}

int jobs_of_cluster(const struct scheckpoint *s, struct job_table *table, struct error *e)
{
	const char *here = cluster_name();

	if (!here)
		return error_set(e, "slurmctld does not answer");
	if (strcmp(here, s->cluster) != 0)
		return error_set(
			e,
			"slurmctld is cluster %s's, and knows nothing of the jobs of "
			"cluster %s; call it there",
			here, s->cluster);
	return job_table_load(table, e);
}
