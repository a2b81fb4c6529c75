// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "slurm/sacctmgr.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"

#define WORDS_MAX 16

extern char **environ;

static int spawn(char *const *argv, pid_t *pid, int *out)
{
	posix_spawn_file_actions_t actions;
	int fds[2], rc;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -1;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO);
	/* What it has to say is not for the job's output. */
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY,
					 0);
	rc = posix_spawnp(pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(fds[1]);
	if (rc == 0) {
		*out = fds[0];
		return 0;
	}
	close(fds[0]);
	errno = rc;
	return -1;
}

static void read_lines(int fd, sacctmgr_fn fn, void *arg)
{
	cleanup_fclose FILE *in = fdopen(fd, "re");
	cleanup_free char *line = NULL;
	size_t size = 0;

	while (in && getline(&line, &size, in) > 0) {
		line[strcspn(line, "\n")] = '\0';
		fn(arg, line);
	}
}

/* argv has count words so far; words are put behind them. */
static int show(char **argv, int count, const char *const *words, sacctmgr_fn fn,
		void *arg, struct error *e)
{
	int out, status;
	pid_t pid;

	while (*words && count < WORDS_MAX)
		argv[count++] = (char *)*words++;
	if (spawn(argv, &pid, &out) < 0)
		return error_sys(e, "%s", argv[0]);
	read_lines(out, fn, arg);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return error_set(e, "slurmdbd does not answer");
	return 0;
}

int sacctmgr_show(const char *const *words, sacctmgr_fn fn, void *arg, struct error *e)
{
	char *argv[WORDS_MAX + 1] = { (char *)"sacctmgr", (char *)"--noheader",
				      (char *)"--parsable2", (char *)"show" };

	return show(argv, 4, words, fn, arg, e);
}

int sacct_show(const char *const *words, sacctmgr_fn fn, void *arg, struct error *e)
{
	char *argv[WORDS_MAX + 1] = { (char *)"sacct", (char *)"--noheader",
				      (char *)"--parsable2", (char *)"--allocations" };

	return show(argv, 4, words, fn, arg, e);
}
