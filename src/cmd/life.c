// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "cmd/life.h"

#include <dirent.h>
#include <errno.h>
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

static char *name_of(const struct folder *folder, unsigned int job)
{
	unsigned long long array, task;

	if (manifest_get_number(&folder->record, RECORD_ARRAY_JOB, UINT_MAX, &array) ==
		    0 &&
	    manifest_get_number(&folder->record, RECORD_ARRAY_TASK, UINT_MAX, &task) == 0)
		return str_printf("%llu_%llu", array, task);
	return str_printf("%u", job);
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
	life->name = name_of(folder, life->job);
	life->partition = partition_of(folder);
	if (!life->user || !life->name || !life->partition)
		return error_sys(e, "job %u", life->job);
	if (weigh(life, folder, e) < 0 || history_read(&life->history, folder, e) < 0)
		return -1;
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

int life_add_job(struct life_list *list, const struct scheckpoint *s, unsigned int job,
		 struct error *e)
{
	struct folder folder;
	int rc = folder_open(&folder, s->dir, s->user, s->cluster, job, e);

	if (rc == 0)
		rc = life_add(list, job, &folder, e);
	folder_close(&folder);
	return rc;
}

/* ---- many ---- */

int life_add_user(struct life_list *list, const struct scheckpoint *s)
{
	cleanup_free unsigned int *jobs = NULL;
	int status = EXIT_DONE;
	struct error e;
	size_t count;

	if (folder_list(s->dir, s->user, s->cluster, &jobs, &count, &e) < 0)
		return complain(&e);
	for (size_t i = 0; i < count; i++) {
		if (life_add_job(list, s, jobs[i], &e) < 0)
			status = complain(&e);
	}
	return status;
}

/* The user for whom before and after around the name make this one; NULL if none. */
static char *user_of(const char *name, const char *before, const char *after)
{
	size_t length = strlen(name), first = strlen(before), last = strlen(after);

	if (*name == '.' || length <= first + last || strncmp(name, before, first) != 0 ||
	    strcmp(name + length - last, after) != 0)
		return NULL;
	return strndup(name + first, length - first - last);
}

static int add_users(struct life_list *list, const struct scheckpoint *s, const char *dir,
		     const char *before, const char *after)
{
	cleanup_closedir DIR *d = opendir(*dir ? dir : "/");
	struct scheckpoint of_user = *s;
	const struct dirent *entry;
	int status = EXIT_DONE;
	struct error e;

	if (!d) {
		error_sys(&e, "%s", dir);
		return complain(&e);
	}
	while ((entry = readdir(d))) {
		cleanup_free char *user = user_of(entry->d_name, before, after);

		of_user.user = user;
		if (user && life_add_user(list, &of_user) != EXIT_DONE)
			status = EXIT_FAILED;
	}
	return status;
}

int life_add_everybody(struct life_list *list, const struct scheckpoint *s)
{
	cleanup_free char *dir = strdup(s->dir);
	char *user = dir ? strstr(dir, "%u") : NULL;
	char *before = user, *after;

	/* Nobody but root can read what is another user's. */
	if (!user || geteuid() != 0)
		return life_add_user(list, s);
	*user = '\0';
	after = user + 2;
	after[strcspn(after, "/")] = '\0';
	while (before > dir && before[-1] != '/')
		before--;
	if (before == dir)
		return life_add_user(list, s);
	before[-1] = '\0';
	return add_users(list, s, dir, before, after);
}

void life_list_free(struct life_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		life_free(&list->lives[i]);
	free(list->lives);
	job_table_free(&list->jobs);
	*list = (struct life_list){ 0 };
}
