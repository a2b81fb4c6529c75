// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hook - criu's action script. When all images are written, and the job still
 * stands frozen, criu asks it for leave; it asks the runner, and waits until the
 * generation is committed. If the runner says no, or is gone, criu lets the job
 * go on where it stood.
 *
 * Before the job is frozen it looks for what only somebody inside of it can see, and
 * refuses the checkpoint for it (sysv.h).
 *
 * Then it writes down what criu does not save of the job's threads (tasks.h); some
 * of that also before the job is frozen.
 *
 * When a job has been restored, and its processes do not run yet, it asks the runner for
 * leave, too, which looks at what they hold (recheck.h). Then its timers are seen to
 * (timers.h), and so is what was written down; but for what threads have to set
 * themselves, which they do when they run. In a network of its own the connections that
 * leave it are ended: nobody answers to them any more.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/unix_socket.h"
#include "engine/criu/hook.h"
#include "engine/criu/sysv.h"
#include "engine/criu/tasks.h"
#include "engine/criu/timers.h"
#include "engine/network.h"

/* Whatever fails there, the job is saved, or goes on. */
static void save_tasks(int (*save)(const char *path, struct error *e))
{
	const char *path = getenv(HOOK_ENV_TASKS);
	struct error e;

	if (path && save(path, &e) < 0)
		fprintf(stderr, HOOK_REMARK "%s\n", e.text);
}

static void restore_tasks(enum task_moment moment)
{
	const char *path = getenv(HOOK_ENV_TASKS);
	struct error e;

	if (path && tasks_restore(path, moment, &e) < 0)
		fprintf(stderr, HOOK_REMARK "%s\n", e.text);
}

/* Not 0: criu gives up. */
static int before_it_is_frozen(void)
{
	struct error e;

	if (sysv_check(&e) < 0) {
		fprintf(stderr, HOOK_REFUSAL "%s\n", e.text);
		return 1;
	}
	save_tasks(tasks_save_early);
	return 0;
}

static void before_it_runs(void)
{
	timers_rearm();
	restore_tasks(TASK_STOPPED);
	if (getenv(HOOK_ENV_OWN_NET))
		network_close_outside();
}

/* Ask the runner for leave. */
static int ask(void)
{
	const char *path = getenv(HOOK_ENV_SOCKET);
	char answer = 0;
	int fd = path ? unix_socket_connect(path) : -1;
	if (fd < 0 || read(fd, &answer, 1) != 1)
		return 1;
	return answer == HOOK_YES ? 0 : 1;
}

int main(void)
{
	const char *action = getenv("CRTOOLS_SCRIPT_ACTION");

	if (!action)
		return 0;
	if (!strcmp(action, "post-restore"))
		return ask();
	if (!strcmp(action, "pre-resume"))
		before_it_runs();
	if (!strcmp(action, "post-resume"))
		restore_tasks(TASK_RUNNING);
	if (!strcmp(action, "pre-dump"))
		return before_it_is_frozen();
	if (strcmp(action, "post-dump") != 0)
		return 0;
	save_tasks(tasks_save);
	return ask();
}
