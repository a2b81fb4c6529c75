// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Asked with sacctmgr, and not by libslurm's functions for slurmdbd: those load a plugin
 * that needs more of Slurm than is in the library which is not Slurm's own, and the
 * program ends there.
 */
#define _GNU_SOURCE
#include "slurm/mtbf.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"

#define PERIOD_DAYS 365 /* that are looked back */

extern char **environ;

/* A node that was drained or shut down on purpose has not failed. */
static bool is_failure(const char *state)
{
	return !strncmp(state, "DOWN", 4) && !strstr(state, "DRAIN") &&
	       !strstr(state, "MAINT") && !strstr(state, "REBOOT") &&
	       !strstr(state, "POWER");
}

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

static unsigned int count_failures(int fd)
{
	cleanup_fclose FILE *in = fdopen(fd, "re");
	unsigned int failures = 0;
	char line[256];

	while (in && fgets(line, sizeof(line), in))
		failures += is_failure(line);
	return failures;
}

int mtbf_of_nodes(const char *nodes, double *seconds, struct error *e)
{
	cleanup_free char *which = str_printf("nodes=%s", nodes);
	cleanup_free char *since = str_printf("start=now-%ddays", PERIOD_DAYS);
	char *argv[] = { (char *)"sacctmgr",
			 (char *)"--noheader",
			 (char *)"--parsable2",
			 (char *)"show",
			 (char *)"event",
			 which,
			 since,
			 (char *)"format=State",
			 NULL };
	unsigned int failures;
	int out, status;
	pid_t pid;

	if (!which || !since || spawn(argv, &pid, &out) < 0)
		return error_sys(e, "sacctmgr");
	failures = count_failures(out);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return error_set(e, "slurmdbd does not tell when nodes failed");
	/* One more than were seen, or none would be taken for never. */
	*seconds = PERIOD_DAYS * 24.0 * 60 * 60 / (failures + 1);
	return 0;
}
