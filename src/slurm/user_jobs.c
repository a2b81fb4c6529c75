// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "slurm/user_jobs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "slurm/ctl_conf.h"
#include "slurm/quiet.h"
#include "slurm/release.h"
#include "slurm/sacctmgr.h"

static char *copy(const char *text)
{
	return text && *text ? strdup(text) : NULL;
}

static bool is_there(const struct user_jobs *list, unsigned int id)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->jobs[i].id == id)
			return true;
	}
	return false;
}

static struct sharing_job *add(struct user_jobs *list, unsigned int id)
{
	struct sharing_job *grown =
		reallocarray(list->jobs, list->count + 1, sizeof(*grown));

	if (!grown)
		return NULL;
	list->jobs = grown;
	grown += list->count++;
	*grown = (struct sharing_job){ .id = id };
	return grown;
}

/* ---- of slurmctld ---- */

/* Of a job that waits, it is known only that it has run before. */
static bool has_run(const job_info_t *info, time_t since)
{
	uint32_t base = info->job_state & JOB_STATE_BASE;

	if (base == JOB_PENDING)
		return info->restart_cnt > 0;
	return base == JOB_RUNNING || base == JOB_SUSPENDED || info->end_time >= since;
}

static int add_known(struct user_jobs *list, const job_info_t *info)
{
	struct sharing_job *job = add(list, info->job_id);

	if (!job)
		return -1;
	job->array = info->array_job_id;
	job->array_task = info->array_task_id;
	job->directory = copy(info->work_dir);
	job->output = copy(info->std_out);
	job->error = copy(info->std_err);
	return 0;
}

static int read_known(struct user_jobs *list, time_t since, struct error *e)
{
	job_info_msg_t *msg = NULL;
	int saved, rc;

	slurm_init(NULL);
	saved = quiet_begin();
	rc = slurm_load_job_user(&msg, getuid(), SHOW_ALL);
	quiet_end(saved);
	if (rc != SLURM_SUCCESS)
		return error_set(e, "cannot read the user's jobs: %s",
				 slurm_strerror(errno));
	for (uint32_t i = 0; i < msg->record_count && rc == 0; i++) {
		if (has_run(&msg->job_array[i], since))
			rc = add_known(list, &msg->job_array[i]);
	}
	slurm_free_job_info_msg(msg);
	return rc < 0 ? error_sys(e, "jobs") : 0;
}

/* ---- of slurmdbd ---- */

/* Since when slurmctld remembers every job. */
static time_t remembered_since(void)
{
	time_t since = time(NULL);
	slurm_conf_t *conf = ctl_conf_load(NULL);

	if (conf)
		since -= (time_t)conf->min_job_age;
	ctl_conf_free(conf);
	return since;
}

struct recorded {
	struct user_jobs *list;
	int rc;
};

/* The fields of a line; the names of outputs since 24.05. */
enum { RAW_ID, ID, BEGAN, OUTPUT, ERROR_OUTPUT, DIRECTORY, FIELDS };
#if SLURM_VERSION_NUMBER >= SLURM_VERSION_NUM(24, 5, 0)
#define FORMAT "--format=JobIDRaw,JobID,Start,StdOut,StdErr,WorkDir"
#else
#define FORMAT "--format=JobIDRaw,JobID,Start,Start,Start,WorkDir"
#endif

static bool is_time(const char *text)
{
	return *text >= '0' && *text <= '9';
}

/* "7_3": of an array. */
static void note_array(struct sharing_job *job, const char *id)
{
	const char *task = strchr(id, '_');

	if (!task)
		return;
	job->array = (unsigned int)strtoul(id, NULL, 10);
	job->array_task = (unsigned int)strtoul(task + 1, NULL, 10);
}

/*
 * "12|7_3|2026-11-29T12:00:00|/home/user/out-%a||/home/user/run"; one that never began has
 * no time there. Where a name has a "|" itself, no name is known.
 */
static void add_recorded(void *arg, char *line)
{
	struct recorded *r = arg;
	char *fields[FIELDS] = { NULL }, *rest = line;
	struct sharing_job *job;
	unsigned long long number;
	size_t n = 0;

	while (rest && n < FIELDS)
		fields[n++] = strsep(&rest, "|");
	if (n <= BEGAN || !is_time(fields[BEGAN]) ||
	    str_to_ull(fields[RAW_ID], UINT32_MAX, &number) < 0 ||
	    is_there(r->list, (unsigned int)number))
		return;
	job = add(r->list, (unsigned int)number);
	if (!job) {
		r->rc = -1;
		return;
	}
	note_array(job, fields[ID]);
	if (n < FIELDS || rest)
		return;
	job->directory = copy(fields[DIRECTORY]);
	if (is_time(fields[OUTPUT]))
		return;
	job->output = copy(fields[OUTPUT]);
	job->error = copy(fields[ERROR_OUTPUT]);
}

static int read_recorded(struct user_jobs *list, time_t since, struct error *e)
{
	struct recorded r = { .list = list };
	cleanup_free char *user = str_printf("--user=%u", (unsigned int)getuid());
	cleanup_free char *start = NULL;
	char text[32];
	struct tm tm;

	localtime_r(&since, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	start = str_printf("--starttime=%s", text);
	const char *words[] = { user, start, FORMAT, NULL };

	if (!user || !start)
		return error_sys(e, "jobs");
	if (sacct_show(words, add_recorded, &r, e) < 0)
		return -1;
	return r.rc < 0 ? error_sys(e, "jobs") : 0;
}

/* ---- all ---- */

int user_jobs_since(struct user_jobs *list, time_t since, struct error *e)
{
	if (read_known(list, since, e) < 0)
		return -1;
	return since < remembered_since() ? read_recorded(list, since, e) : 0;
}

void user_jobs_free(struct user_jobs *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free((char *)list->jobs[i].directory);
		free((char *)list->jobs[i].output);
		free((char *)list->jobs[i].error);
	}
	free(list->jobs);
	*list = (struct user_jobs){ 0 };
}
