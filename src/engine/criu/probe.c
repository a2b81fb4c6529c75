// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "engine/criu/criu.h"

/* The first that dumps and restores without privilege as this engine needs it. */
#define MIN_MAJOR 4
#define MIN_MINOR 1

extern char **environ;

static char *find_in(const char *dirs)
{
	cleanup_free char *copy = strdup(dirs);
	char *rest = copy, *dir;

	while (rest && (dir = strsep(&rest, ":"))) {
		char *path = str_printf("%s/criu", dir);

		if (path && dir[0] == '/' && access(path, X_OK) == 0)
			return path;
		free(path);
	}
	return NULL;
}

char *criu_find(const struct conf *conf, struct error *e)
{
	const char *path = getenv("PATH");
	char *found;

	if (conf->criu_path) {
		if (access(conf->criu_path, X_OK) == 0)
			return strdup(conf->criu_path);
		error_sys(e, "CriuPath=%s", conf->criu_path);
		return NULL;
	}
	found = path ? find_in(path) : NULL;
	if (!found)
		found = find_in("/usr/local/sbin:/usr/sbin:/sbin");
	if (!found)
		error_set(e,
			  "criu is not installed on this node; install CRIU %d.%d or "
			  "later, "
			  "or set CriuPath in checkpoint.conf",
			  MIN_MAJOR, MIN_MINOR);
	return found;
}

/* The first line or so that a program prints; owned by the caller, or NULL. */
static char *output_of(char *const *argv)
{
	posix_spawn_file_actions_t actions;
	char *text = calloc(1, 512);
	int fds[2], status, rc;
	pid_t pid;

	if (!text || pipe2(fds, O_CLOEXEC) < 0) {
		free(text);
		return NULL;
	}
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, fds[1], STDERR_FILENO);
	rc = posix_spawn(&pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(fds[1]);
	if (rc == 0) {
		(void)file_read_all(fds[0], text, 511);
		close(fds[0]);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		return text;
	}
	close(fds[0]);
	free(text);
	return NULL;
}

char *criu_version(const char *program, struct error *e)
{
	char *argv[] = { (char *)program, (char *)"--version", NULL };
	cleanup_free char *text = output_of(argv);
	const char *number = text ? strstr(text, "Version: ") : NULL;
	int major = 0, minor = 0;

	if (!number || sscanf(number, "Version: %d.%d", &major, &minor) != 2) {
		error_set(e, "%s: does not tell its version", program);
		return NULL;
	}
	number += strlen("Version: ");
	if (major < MIN_MAJOR || (major == MIN_MAJOR && minor < MIN_MINOR)) {
		error_set(e,
			  "%s is version %d.%d, which is too old; install CRIU %d.%d or "
			  "later",
			  program, major, minor, MIN_MAJOR, MIN_MINOR);
		return NULL;
	}
	return strndup(number, strcspn(number, " \n"));
}

int criu_probe(const struct engine_job *job, struct error *e)
{
	cleanup_free char *program = NULL;
	cleanup_free char *version = NULL;

	if (job->nodes > 1)
		return error_set(e, "criu saves jobs of one node, and this one has %u",
				 job->nodes);
	program = criu_find(job->conf, e);
	if (!program)
		return -1;
	version = criu_version(program, e);
	return version ? sandbox_probe(criu_wants_own_net(job), e) : -1;
}
