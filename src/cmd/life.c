// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "cmd/life.h"

#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "slurm/job.h"
#include "store/generation.h"

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

void life_list_init(struct life_list *list, const struct scheckpoint *s)
{
	const char *here = cluster_name();

	*list = (struct life_list){ .now = now() };
	list->jobs_known = here && !strcmp(here, s->cluster) &&
			   job_table_load(&list->jobs, NULL) == 0;
}

/* ---- one job ---- */

static char *owner_of(const struct folder *folder)
{
	const struct passwd *pw;
	struct stat st;

	if (fstat(folder->fd, &st) < 0)
		return NULL;
	pw = getpwuid(st.st_uid);
	return pw ? strdup(pw->pw_name) : str_printf("%u", st.st_uid);
}

static char *partition_of(const struct folder *folder)
{
	const char *text = manifest_get(&folder->record, RECORD_PARTITION);
	char *copy = strdup(text ? text : "");

	if (copy)
		str_make_printable(copy);
	return copy;
}

static int weigh(struct life *life, const struct folder *folder, struct error *e)
{
	cleanup_free unsigned int *numbers = NULL;

	if (generation_list(folder, &numbers, &life->generations, e) < 0)
		return -1;
	for (size_t i = 0; i < life->generations; i++) {
		struct generation gen;

		/* What is damaged takes room too, but does not say how much. */
		if (generation_open(&gen, folder, numbers[i], NULL) == 0)
			life->stored += manifest_bytes(&gen.manifest);
		generation_close(&gen);
	}
	return 0;
}

static void finish(struct life_list *list, struct life *life)
{
	const struct job_entry *job = job_table_find(&list->jobs, life->job);
	enum history_state state = HISTORY_STOPPED;
	bool leaves = job && job->phase == JOB_LEAVES;

	life->runs = job && job->phase == JOB_RUNS;
	life->waits = job && (job->phase == JOB_QUEUED || job->phase == JOB_HELD);
	if (life->runs)
		state = HISTORY_RUNS;
	/* Its runner may be about to write how it ended. */
	if (!list->jobs_known || leaves)
		state = HISTORY_UNKNOWN;
	history_finish(&life->history, state, job ? job->restarts : 0, list->now);
}

static int fill(struct life_list *list, struct life *life, const struct folder *folder,
		struct error *e)
{
	life->user = owner_of(folder);
	life->name = folder_job_name(folder, life->job);
	life->partition = partition_of(folder);
	if (!life->user || !life->name || !life->partition)
		return error_sys(e, "job %u", life->job);
	/* What is kept of one user's jobs, which come one after the other, is limited. */
	if (list->count == 0 ||
	    strcmp(list->lives[list->count - 1].user, life->user) != 0)
		list->kept = 0;
	life->history.max -= list->kept;
	if (weigh(life, folder, e) < 0 || history_read(&life->history, folder, e) < 0)
		return -1;
	list->kept += life->history.nevents;
	finish(list, life);
	return 0;
}

void life_free(struct life *life)
{
	free(life->name);
	free(life->user);
	free(life->partition);
	history_free(&life->history);
}

int life_add(struct life_list *list, unsigned int job, const struct folder *folder,
	     struct error *e)
{
	struct life *grown = reallocarray(list->lives, list->count + 1, sizeof(*grown));
	struct life *life;

	if (!grown)
		return error_sys(e, "job %u", job);
	list->lives = grown;
	life = &grown[list->count];
	*life = (struct life){ .job = job };
	history_init(&life->history);
	if (fill(list, life, folder, e) < 0) {
		life_free(life);
		return -1;
	}
	list->count++;
	return 0;
}

static int add_stored(const struct scheckpoint *s, const struct stored_job *job,
		      void *arg)
{
	struct error e;

	(void)s;
	return life_add(arg, job->id, job->folder, &e) < 0 ? complain(&e) : EXIT_DONE;
}

int life_add_selected(struct life_list *list, const struct scheckpoint *s, int argc,
		      char **argv)
{
	return each_stored(s, argc, argv, add_stored, list);
}

void life_list_free(struct life_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		life_free(&list->lives[i]);
	free(list->lives);
	job_table_free(&list->jobs);
	*list = (struct life_list){ 0 };
}
