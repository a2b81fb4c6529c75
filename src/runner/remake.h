/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * remake.h - a job's folder that is removed while the job runs is made again.
 *
 * What was in it and cannot be had again is gone: its checkpoints, and of an engine
 * without mounts TMPDIR. All else is remembered from the moment at which the job began
 * to run, so that its next checkpoint is one to go on from.
 */
#ifndef RUNNER_REMAKE_H
#define RUNNER_REMAKE_H

#include "engine/engine.h"
#include "runner/task.h"

/* What is read once and written again: the script, and how the job was submitted. */
#define REMAKE_FILES 3

struct remake {
	char *text[REMAKE_FILES]; /* owned; NULL: there was none */
	size_t size[REMAKE_FILES];
};

void remake_remember(struct remake *remake, const struct folder *folder);
void remake_forget(struct remake *remake);

/* Has the folder been removed? */
bool remake_is_due(const struct folder *folder);

/*
 * Make it again: directory, files, record and lock, and mount in the job's namespaces
 * what was mounted there. folder->fd stays the same number.
 */
int remake(const struct remake *remake, const struct task *task, struct folder *folder,
	   const struct engine *engine, const struct engine_run *run,
	   const struct engine_job *job, struct error *e);

#endif
