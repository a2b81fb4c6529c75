/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * task_argv.h - in slurmstepd, what a task that is about to be executed executes.
 *
 * Several may change it, in any order: other plugins replace the task's arguments, by
 * task_argv_set() or by what Slurm offers itself, and the plugin puts the runner
 * before them. So Slurm is given task-exec instead (hand_over.h), with all that was
 * set so far. Each task is a process of its own, in which all this is called as the
 * job's user.
 */
#ifndef SPANK_TASK_ARGV_H
#define SPANK_TASK_ARGV_H

#include <slurm/spank.h>
#include <stdbool.h>

#include "base/error.h"
#include "spank/settings.h"

/* Whether slurmstepd runs an OCI runtime instead of the task's arguments. */
bool task_argv_is_container(spank_t spank);

/* -1 and a sentence unless path is a program. */
int task_argv_check_program(const char *path, struct error *e);

/* -1 and a sentence if task-exec is not there. */
int task_argv_check(const struct settings *settings, struct error *e);

/* The arguments without the runner, which are not the caller's. */
int task_argv_get(spank_t spank, int *argc, char ***argv, struct error *e);

/* Replace them by a copy of argv. */
int task_argv_set(spank_t spank, const struct settings *settings, int argc,
		  char *const *argv, struct error *e);

/* Have task-exec run before the task, and nothing else changed. */
int task_argv_enter(spank_t spank, const struct settings *settings, struct error *e);

/* Have the runner be executed with them. */
int task_argv_put_runner(spank_t spank, const struct settings *settings, struct error *e);

/* argv[0] as Slurm had it: of a batch task its script. Not the caller's; or NULL. */
const char *task_argv_original(spank_t spank);

#endif
