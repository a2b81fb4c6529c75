// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/children.h"
#include "base/cleanup.h"

static bool has_no_locks(int error)
{
	return error == ENOLCK || error == ENOSYS || error == EOPNOTSUPP;
}

/*
 * A child waits for the lock, as nothing else can be waited for with it. It is its
 * parent's as soon as it is the child's: they have the same open file.
 */
static pid_t start_waiting(int fd, int *ended)
{
	pid_t parent = getpid(), pid;
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		children_end_with(parent);
		_exit(flock(fd, LOCK_EX) < 0 ? errno : 0);
	}
	close(fds[1]);
	*ended = fds[0];
	return pid;
}

static int collect(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

enum lock_outcome lock_try(const struct folder *folder, int *fd, struct error *e)
{
	cleanup_close int file = openat(folder->fd, FOLDER_LOCK,
					O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	int rc;

	*fd = -1;
	rc = file < 0 ? -1 : flock(file, LOCK_EX | LOCK_NB);
	if (rc < 0 && file >= 0 && has_no_locks(errno))
		return LOCK_OURS;
	if (rc < 0 && (file < 0 || errno != EWOULDBLOCK)) {
		error_sys(e, "%s/" FOLDER_LOCK, folder->path);
		return LOCK_FAILED;
	}
	*fd = take_fd(file);
	return rc < 0 ? LOCK_BUSY : LOCK_OURS;
}

enum lock_outcome lock_wait(int fd, int cancel_fd, unsigned int seconds, struct error *e)
{
	cleanup_close int ended = -1;
	struct pollfd fds[2] = { { .events = POLLIN },
				 { .fd = cancel_fd, .events = POLLIN } };
	const struct timespec limit = { .tv_sec = (time_t)seconds };
	pid_t pid = start_waiting(fd, &ended);
	int n;

	if (pid < 0) {
		error_sys(e, "cannot wait for another start of the job to end");
		return LOCK_FAILED;
	}
	fds[0].fd = ended;
	n = ppoll(fds, 2, &limit, NULL);
	if (n <= 0 || !fds[0].revents)
		kill(pid, SIGKILL);
	errno = collect(pid);
	if (errno == 0)
		return LOCK_OURS;
	if (n > 0 && fds[1].revents)
		return LOCK_CANCELLED;
	if (n == 0)
		error_set(e,
			  "another start of the job still runs, and did not end within "
			  "RestoreTimeout");
	else
		error_sys(e, "cannot wait for another start of the job to end");
	return LOCK_FAILED;
}
