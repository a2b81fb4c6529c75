// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "slurm/jobs.h"

#include <pwd.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "slurm/release.h"

static enum job_phase phase_of(const job_info_t *info)
{
	uint32_t base = info->job_state & JOB_STATE_BASE;

	if (info->job_state & JOB_COMPLETING)
		return JOB_LEAVES;
	if (base == JOB_PENDING)
		return info->priority == 0 ? JOB_HELD : JOB_QUEUED;
	return base == JOB_RUNNING || base == JOB_SUSPENDED ? JOB_RUNS : JOB_OVER;
}

static char *user_name(const job_info_t *info)
{
	struct passwd *pw;

	if (info->user_name && *info->user_name)
		return strdup(info->user_name);
	pw = getpwuid(info->user_id);
	return pw ? strdup(pw->pw_name) : str_printf("%u", info->user_id);
}

static char *copy(const char *text)
{
	return strdup(text ? text : "");
}

/* What it takes of each of its nodes; where it runs, that is what it has. */
static void fill_size(struct job_entry *job, const job_info_t *info)
{
	uint64_t memory = info->pn_min_memory;

	job->node_count = info->num_nodes ? info->num_nodes : 1;
	job->cpus = (info->num_cpus + job->node_count - 1) / job->node_count;
	if (memory == NO_VAL64)
		memory = 0;
	job->memory = memory & MEM_PER_CPU ? (memory & ~MEM_PER_CPU) * job->cpus : memory;
	job->whole_nodes = info->shared == JOB_SHARED_NONE;
	/* Tasks of one job may be on several nodes, as long as it does not say how many. */
	job->one_node = job->node_count == 1 &&
			(info->num_tasks <= 1 || info->max_nodes == 1 || info->nodes);
}

static void fill_times(struct job_entry *job, const job_info_t *info)
{
	bool limited = info->time_limit != INFINITE && info->time_limit != NO_VAL;

	job->submit = info->submit_time;
	job->begin = info->start_time;
	job->limit = limited ? 60L * info->time_limit : JOB_NO_LIMIT;
}

static void fill_place(struct job_entry *job, const job_info_t *info)
{
	uint32_t base = info->job_state & JOB_STATE_BASE;

	job->priority = info->priority;
	job->nice = info->nice;
	job->suspended = base == JOB_SUSPENDED;
	job->competes = info->state_reason == WAIT_RESOURCES ||
			info->state_reason == WAIT_PRIORITY;
}

static int fill_entry(struct job_entry *job, const job_info_t *info)
{
	*job = (struct job_entry){
		.id = info->job_id,
		.array = info->array_job_id,
		.array_task =
			info->array_task_id == NO_VAL ? UINT32_MAX : info->array_task_id,
		.user = info->user_id,
		.user_name = user_name(info),
		.partition = copy(info->partition),
		.nodes = copy(info->nodes),
		.phase = phase_of(info),
		.restarts = info->restart_cnt,
		.batch_flag = info->batch_flag,
		.requeue = info->requeue != 0,
		.nodelist = copy(info->req_nodes),
		.exclude = copy(info->exc_nodes),
		.constraint = copy(info->features),
		.info = info,
	};
	fill_size(job, info);
	fill_place(job, info);
	fill_times(job, info);
	return job->user_name && job->partition && job->nodes && job->nodelist &&
			       job->exclude && job->constraint
		       ? 0
		       : -1;
}

static int by_id(const void *a, const void *b)
{
	const struct job_entry *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

/* The table owns the message. */
static int fill(struct job_table *table, job_info_msg_t *msg, struct error *e)
{
	job_table_free(table);
	table->message = msg;
	table->updated = msg->last_update;
	table->jobs =
		calloc(msg->record_count ? msg->record_count : 1, sizeof(*table->jobs));
	if (!table->jobs)
		return error_sys(e, "jobs");
	for (uint32_t i = 0; i < msg->record_count; i++) {
		if (fill_entry(&table->jobs[table->count++], &msg->job_array[i]) < 0)
			return error_sys(e, "jobs");
	}
	qsort(table->jobs, table->count, sizeof(*table->jobs), by_id);
	return 0;
}

int job_table_load(struct job_table *table, struct error *e)
{
	job_info_msg_t *msg = NULL;

	slurm_init(NULL);
	if (slurm_load_jobs(table->updated, &msg, SHOW_ALL) != SLURM_SUCCESS) {
		if (errno == SLURM_NO_CHANGE_IN_DATA)
			return 0;
		return error_set(e, "cannot read the jobs: %s", slurm_strerror(errno));
	}
	return fill(table, msg, e);
}

int job_table_load_one(struct job_table *table, unsigned int id, struct error *e)
{
	job_info_msg_t *msg = NULL;

	slurm_init(NULL);
	if (slurm_load_job(&msg, job_key(id), SHOW_ALL) != SLURM_SUCCESS)
		return error_set(e, "cannot read job %u: %s", id, slurm_strerror(errno));
	return fill(table, msg, e);
}

const struct job_entry *job_table_find(const struct job_table *table, unsigned int id)
{
	const struct job_entry key = { .id = id };

	return table->count ? bsearch(&key, table->jobs, table->count,
				      sizeof(*table->jobs), by_id)
			    : NULL;
}

void job_table_free(struct job_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		free(table->jobs[i].user_name);
		free(table->jobs[i].partition);
		free(table->jobs[i].nodes);
		free(table->jobs[i].nodelist);
		free(table->jobs[i].exclude);
		free(table->jobs[i].constraint);
	}
	free(table->jobs);
	if (table->message)
		slurm_free_job_info_msg(table->message);
	*table = (struct job_table){ 0 };
}
