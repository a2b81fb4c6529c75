// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "runner/record.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "runner/own_output.h"
#include "store/version.h"

/* Where an element of an array is known by another name. */
static int set_array(struct manifest *m)
{
	const char *array = getenv("SLURM_ARRAY_JOB_ID");
	const char *task = getenv("SLURM_ARRAY_TASK_ID");

	if (!array || !task)
		return 0;
	if (manifest_set(m, RECORD_ARRAY_JOB, "%s", array) < 0)
		return -1;
	return manifest_set(m, RECORD_ARRAY_TASK, "%s", task);
}

/* By which one start is told from another, though Slurm may have counted neither. */
static int set_run(struct manifest *m, const struct task *task)
{
	unsigned long long word;

	if (getrandom(&word, sizeof(word), 0) != sizeof(word))
		return -1;
	return manifest_set(m, RECORD_RUN, "%s-%llx", task->node, word);
}

int record_claim(struct folder *folder, const struct task *task, struct error *e)
{
	struct manifest *m = &folder->record;

	if (manifest_set(m, RECORD_JOB, "%u", task->job) < 0 ||
	    manifest_set(m, RECORD_RESTART, "%u", task->restart) < 0 ||
	    set_run(m, task) < 0)
		return error_sys(e, "%s", folder->path);
	return folder_save(folder, e);
}

int record_start(struct folder *folder, const struct task *task, unsigned int *generation,
		 struct error *e)
{
	struct manifest *m = &folder->record;
	bool first = m->nattrs == 0;
	const char *partition = getenv("SLURM_JOB_PARTITION");

	*generation = record_count(folder, RECORD_GENERATION);
	if (manifest_set(m, RECORD_JOB, "%u", task->job) < 0 ||
	    manifest_set(m, RECORD_CLUSTER, "%s", task->cluster) < 0 ||
	    manifest_set(m, RECORD_USER, "%s", task->user) < 0 ||
	    manifest_set(m, RECORD_PARTITION, "%s", partition ? partition : "") < 0 ||
	    manifest_set(m, RECORD_RESTART, "%u", task->restart) < 0 ||
	    set_run(m, task) < 0 || manifest_set(m, RECORD_NODE, "%s", task->node) < 0 ||
	    manifest_set(m, RECORD_GENERATION, "%s", "") < 0 ||
	    manifest_set(m, RECORD_END, "%s", "") < 0 || set_array(m) < 0 ||
	    version_stamp_record(m) < 0)
		return error_sys(e, "%s", folder->path);
	/* An earlier start was not ours, and what it wrote is not to stay. */
	if (first && task->restart > 0 && task->truncate)
		own_output_truncate();
	if (first && own_output_record_start(m, task->job, e) < 0)
		return -1;
	return folder_save(folder, e);
}

unsigned int record_count(const struct folder *folder, const char *attribute)
{
	unsigned long long count = 0;

	if (manifest_get_number(&folder->record, attribute, UINT_MAX, &count) < 0)
		return 0;
	return (unsigned int)count;
}

void record_set_count(struct folder *folder, const char *attribute, unsigned int count)
{
	if (record_count(folder, attribute) == count)
		return;
	(void)manifest_set(&folder->record, attribute, "%u", count);
	(void)folder_save(folder, NULL);
}

void record_save_held(struct folder *folder, const sigset_t *held)
{
	cleanup_free char *list = strdup("");

	for (int signum = 1; signum < _NSIG; signum++) {
		char *longer;

		/* SIGCONT comes with every warning, and means nothing to a stopped job.
		 */
		if (signum == SIGCONT || sigismember(held, signum) != 1)
			continue;
		longer = list ? str_printf("%s%d ", list, signum) : NULL;
		free(list);
		list = longer;
	}
	if (!list || (!*list && !manifest_get(&folder->record, ATTR_SIGNALS)))
		return;
	(void)manifest_set(&folder->record, ATTR_SIGNALS, "%s", list);
	(void)folder_save(folder, NULL);
}

void record_load_held(const struct folder *folder, sigset_t *held)
{
	const char *list = manifest_get(&folder->record, ATTR_SIGNALS);
	int signum, used;

	sigemptyset(held);
	while (list && sscanf(list, "%d%n", &signum, &used) == 1) {
		if (signum > 0 && signum < _NSIG)
			sigaddset(held, signum);
		list += used;
	}
}
