/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tasks.h - state of a job's threads that criu does not save, in a file of the
 * generation.
 *
 * The format is specified in doc/store-format.md. All is done inside of the job's
 * namespaces by criu's action script, so the numbers of threads are those that they have
 * there, and nothing can be done that the job's user could not.
 */
#ifndef ENGINE_CRIU_TASKS_H
#define ENGINE_CRIU_TASKS_H

#include <stddef.h>

#include "engine/criu/task_state.h"

#define TASKS_FILE "tasks"
#define TASKS_MAX  (8u << 20) /* bytes; more is neither written nor read */

struct task_value {
	const struct task_state *state;
	pid_t tid;
	const char *text; /* in the text that was parsed */
};

struct tasks {
	struct task_place place;
	struct task_value *values;
	size_t count;
};

/*
 * Fill t from size bytes of text that end with a zero byte, which may hold anything at
 * all and are cut up for it. Lines of kinds of state that are not known are passed over.
 * tasks_free() in any case.
 */
int tasks_parse(struct tasks *t, char *text, size_t size, struct error *e);
void tasks_free(struct tasks *t);

/*
 * Write the file for all threads inside, unless there is nothing to be kept: before the
 * job is frozen, which leaves something that is no whole file, and when it is.
 */
int tasks_save_early(const char *path, struct error *e);
int tasks_save(const char *path, struct error *e);

/*
 * Set what is set at this moment, as far as that can be done. Without the file there is
 * nothing to do. What is not as it was is said in e, in a sentence, with -1.
 */
int tasks_restore(const char *path, enum task_moment moment, struct error *e);

#endif
