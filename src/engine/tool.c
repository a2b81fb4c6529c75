// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"

#define MAX_TEXT 4096
#define DEADLINE 10 /* seconds: what is asked here is answered at once, or never */

extern char **environ;

char *tool_find(const char *dirs, const char *name)
{
	cleanup_free char *copy = strdup(dirs);
	char *rest = copy, *dir;

	while (rest && (dir = strsep(&rest, ":"))) {
		char *path = str_printf("%s/%s", dir, name);

		if (path && dir[0] == '/' && access(path, X_OK) == 0)
			return path;
		free(path);
	}
	return NULL;
}

pid_t tool_spawn(char *const *argv, char *const *envp, int out, int err)
{
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int rc;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY,
					 0);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
	rc = posix_spawn(&pid, argv[0], &actions, NULL, argv, envp);
	posix_spawn_file_actions_destroy(&actions);
	errno = rc;
	return rc ? -1 : pid;
}

static int ms_until(const struct timespec *end)
{
	struct timespec now;
	long ms;

	clock_gettime(CLOCK_BOOTTIME, &now);
	ms = (end->tv_sec - now.tv_sec) * 1000 + (end->tv_nsec - now.tv_nsec) / 1000000;
	return ms > 0 ? (int)ms : 0;
}

/* Until fd can be read; -1 at the deadline. */
static int wait_for(int fd, const struct timespec *end)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	int n;

	/* A kernel that has no memory to wait with has some a moment later. */
	while ((n = poll(&pfd, 1, ms_until(end))) < 0 &&
	       (errno == EINTR || ms_until(end) > 0))
		;
	return n > 0 ? 0 : -1;
}

/* What it prints, until it closes its output; what does not fit is thrown away. */
static int read_text(int fd, char *text, const struct timespec *end)
{
	char rest[512];
	size_t size = 0;
	ssize_t n = 1;

	while (n > 0) {
		bool fits = size < MAX_TEXT;

		if (wait_for(fd, end) < 0)
			return -1;
		n = fits ? read(fd, text + size, MAX_TEXT - size)
			 : read(fd, rest, sizeof(rest));
		if (n > 0 && fits)
			size += (size_t)n;
	}
	text[size] = '\0';
	return (int)n;
}

/* Its wait status; it is killed if it does not end in time. */
static int reap(pid_t pid, bool in_time, const struct timespec *end)
{
	cleanup_close int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	int status;

	if (!in_time || pidfd < 0 || wait_for(pidfd, end) < 0)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

int tool_run_in(char *const *argv, char *const *envp, char **text, struct error *e)
{
	cleanup_free char *said = calloc(1, MAX_TEXT + 1);
	cleanup_close int in = -1;
	struct timespec end;
	int fds[2], status;
	bool in_time;
	pid_t pid;

	*text = NULL;
	if (!said || pipe2(fds, O_CLOEXEC) < 0)
		return error_sys(e, "%s", argv[0]);
	in = fds[0];
	clock_gettime(CLOCK_BOOTTIME, &end);
	end.tv_sec += DEADLINE;
	pid = tool_spawn(argv, envp, fds[1], fds[1]);
	close(fds[1]);
	if (pid < 0)
		return error_sys(e, "%s", argv[0]);
	in_time = read_text(in, said, &end) == 0;
	status = reap(pid, in_time, &end);
	if (!WIFEXITED(status)) {
		error_set(e, "%s: %s", argv[0],
			  in_time ? "was killed" : "does not answer");
		if (e && !in_time)
			e->number = ETIMEDOUT; /* it may yet, on a busy node */
		return -1;
	}
	*text = take_ptr(said);
	return WEXITSTATUS(status);
}

int tool_run(char *const *argv, char **text, struct error *e)
{
	return tool_run_in(argv, environ, text, e);
}
