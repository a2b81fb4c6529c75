// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * remove, purge - what is not needed any more. Nothing that a job which is not over
 * could go on from is removed with all the rest; it has to be named.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cmd/scheckpoint.h"
#include "slurm/jobs.h"
#include "store/generation.h"
#include "store/sweep.h"

static bool is_over(const struct job_table *table, unsigned int job)
{
	const struct job_entry *entry = job_table_find(table, job);

	return !entry || entry->phase == JOB_OVER;
}

static void add_json(const struct scheckpoint *s, const struct stored_job *job,
		     unsigned int generation)
{
	struct json_object *o;

	if (!s->json)
		return;
	o = json_add_job(s->json, job->name, job->user);
	if (generation)
		json_number(o, "generation", generation);
}

/* ---- remove ---- */

static int remove_generation(const struct scheckpoint *s, const struct stored_job *job,
			     const struct job_table *table, struct error *e)
{
	size_t i = 0;

	while (i < job->count && job->numbers[i] != s->generation)
		i++;
	if (i == job->count)
		return error_set(e, "job %s has no generation %u", job->name,
				 s->generation);
	if (i == 0 && !is_over(table, job->id))
		return error_set(e,
				 "job %s is not over, and generation %u is its newest; "
				 "cancel the job first",
				 job->name, s->generation);
	if (generation_remove(job->folder, s->generation, e) < 0)
		return -1;
	add_json(s, job, s->generation);
	return 0;
}

static int remove_folder(const struct scheckpoint *s, const struct stored_job *job,
			 const struct job_table *table, struct error *e)
{
	if (!is_over(table, job->id))
		return error_set(e,
				 "job %s is not over; cancel it first, or remove older "
				 "checkpoints with --generation",
				 job->name);
	if (folder_remove(job->folder, job->user, job->id, e) < 0)
		return -1;
	add_json(s, job, 0);
	return 0;
}

static int remove_job(const struct scheckpoint *s, const struct stored_job *job,
		      void *arg)
{
	struct error e;
	int rc = s->generation ? remove_generation(s, job, arg, &e)
			       : remove_folder(s, job, arg, &e);

	return rc < 0 ? complain(&e) : EXIT_DONE;
}

int verb_remove(const struct scheckpoint *s, int argc, char **argv)
{
	struct job_table table = { 0 };
	struct error e;
	int status;

	if (jobs_of_cluster(s, &table, &e) < 0)
		return complain(&e);
	status = s->generation ? each_stored(s, argc, argv, remove_job, &table)
			       : each_folder(s, argc, argv, remove_job, &table);
	job_table_free(&table);
	return status;
}

/* ---- purge ---- */

struct purge {
	struct job_table table;
	time_t before;
	unsigned int removed;
	bool named;  /* some jobs, and not all */
	char *swept; /* the last user beside whose folders has been swept */
};

/* When the job ended, as its runner wrote; a killed runner's last word else. */
static time_t end_of(const struct folder *folder)
{
	unsigned long long end;
	struct stat st;

	if (manifest_get_number(&folder->record, RECORD_END, LLONG_MAX, &end) == 0)
		return (time_t)end;
	return fstat(folder->fd, &st) == 0 ? st.st_mtime : time(NULL);
}

/* As the user: beside the folders. */
static int purge_aside(const struct scheckpoint *s, const char *user, struct purge *purge)
{
	struct error e;
	int n;

	free(purge->swept);
	purge->swept = strdup(user);
	n = sweep_aside(s->dir, user, s->cluster, purge->before, &e);
	if (n < 0)
		return complain(&e);
	purge->removed += (unsigned int)n;
	return EXIT_DONE;
}

static int purge_job(const struct scheckpoint *s, const struct stored_job *job, void *arg)
{
	struct purge *purge = arg;
	int status = EXIT_DONE;
	struct error e;

	if (!purge->named && (!purge->swept || strcmp(purge->swept, job->user) != 0))
		status = purge_aside(s, job->user, purge);
	if (!is_over(&purge->table, job->id) || end_of(job->folder) >= purge->before)
		return status;
	if (folder_remove(job->folder, job->user, job->id, &e) < 0)
		return complain(&e);
	add_json(s, job, 0);
	purge->removed++;
	return status;
}

int verb_purge(const struct scheckpoint *s, int argc, char **argv)
{
	long older = s->older >= 0 ? s->older : (long)s->conf.purge_after * 24 * 60 * 60;
	struct purge purge = { .before = time(NULL) - older + 1, .named = argc > 0 };
	struct error e;
	int status;

	if (jobs_of_cluster(s, &purge.table, &e) < 0)
		return complain(&e);
	status = each_folder(s, argc, argv, purge_job, &purge);
	/* There may be things beside folders where there are no folders. */
	if (!purge.named && !purge.swept && !s->user && getuid() != 0 &&
	    purge_aside(s, s->self, &purge) != EXIT_DONE)
		status = EXIT_FAILED;
	free(purge.swept);
	tell(s, "%u removed", purge.removed);
	job_table_free(&purge.table);
	return status;
}
