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
	};
	return job->user_name && job->partition && job->nodes ? 0 : -1;
}

static int fill(struct job_table *table, const job_info_msg_t *msg, struct error *e)
{
	job_table_free(table);
	table->updated = msg->last_update;
	table->jobs =
		calloc(msg->record_count ? msg->record_count : 1, sizeof(*table->jobs));
	if (!table->jobs)
		return error_sys(e, "jobs");
	for (uint32_t i = 0; i < msg->record_count; i++) {
		if (fill_entry(&table->jobs[table->count++], &msg->job_array[i]) < 0)
			return error_sys(e, "jobs");
	}
	return 0;
}

int job_table_load(struct job_table *table, struct error *e)
{
	job_info_msg_t *msg = NULL;
	int rc;

	slurm_init(NULL);
	if (slurm_load_jobs(table->updated, &msg, SHOW_ALL) != SLURM_SUCCESS) {
		if (errno == SLURM_NO_CHANGE_IN_DATA)
			return 0;
		return error_set(e, "cannot read the jobs: %s", slurm_strerror(errno));
	}
	rc = fill(table, msg, e);
	slurm_free_job_info_msg(msg);
	return rc;
}

const struct job_entry *job_table_find(const struct job_table *table, unsigned int id)
{
	for (size_t i = 0; i < table->count; i++) {
		if (table->jobs[i].id == id)
			return &table->jobs[i];
	}
	return NULL;
}

void job_table_free(struct job_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		free(table->jobs[i].user_name);
		free(table->jobs[i].partition);
		free(table->jobs[i].nodes);
	}
	free(table->jobs);
	*table = (struct job_table){ 0 };
}

bool job_nodes_meet(const char *nodes, const char *others)
{
	__auto_type list = slurm_hostlist_create(nodes);
	__auto_type wanted = slurm_hostlist_create(others);
	bool found = false;
	char *name;

	while (list && wanted && !found && (name = slurm_hostlist_shift(list))) {
		found = slurm_hostlist_find(wanted, name) >= 0;
		free(name);
	}
	if (list)
		slurm_hostlist_destroy(list);
	if (wanted)
		slurm_hostlist_destroy(wanted);
	return found;
}
