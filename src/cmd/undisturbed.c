// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * undisturbed - the run of a trial that the other is compared with: without an
 * engine and its namespaces, so that what these change is found as well.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/children.h"
#include "base/cleanup.h"
#include "cmd/trial.h"

#define OUTPUT_FLAGS (O_WRONLY | O_CREAT | O_TRUNC | O_APPEND)

static int spawn(const struct trial *t, const struct outcome *outcome, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int rc;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY,
					 0);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, outcome->out,
					 OUTPUT_FLAGS, 0600);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, outcome->err,
					 OUTPUT_FLAGS, 0600);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setsigmask(&attr, t->job.sigmask);
	rc = posix_spawn(pid, t->program, &actions, &attr, t->job.argv, t->job.envp);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return rc;
}

static int follow(struct trial *t, pid_t pid, struct outcome *outcome, struct error *e)
{
	cleanup_close int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (pidfd < 0)
		return error_sys(e, "pidfd_open");
	if (trial_wait(t, pidfd, 0, e) == WAITED_INTERRUPTED)
		return -1;
	while (waitpid(pid, &outcome->status, 0) < 0 && errno == EINTR)
		;
	return 0;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

int trial_undisturbed(struct trial *t, const char *name, struct outcome *outcome,
		      struct error *e)
{
	double began = now();
	pid_t pid;
	int rc;

	if (outcome_init(outcome, t->scratch.path, name, e) < 0)
		return -1;
	errno = spawn(t, outcome, &pid);
	rc = errno ? error_sys(e, "it cannot be executed") : follow(t, pid, outcome, e);
	outcome->seconds = now() - began;
	children_end_all();
	return rc < 0 ? -1 : trial_empty_tmp(t, e);
}
