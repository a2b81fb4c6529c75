// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "lib/ask.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/protocol.h"
#include "base/str.h"
#include "base/unix_socket.h"

/*
 * Record locks are the process's, and all are gone with the first descriptor of the
 * file that is closed: so there is one for all threads, open as long as any needs it.
 */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int lock_fd = -1;
static unsigned int users;   /* of the descriptor */
static unsigned int holders; /* of byte 0 */

/* A child has none of its parent's locks. */
static void forget_in_child(void)
{
	if (lock_fd >= 0)
		close(lock_fd);
	lock_fd = -1;
	users = holders = 0;
	pthread_mutex_init(&mutex, NULL);
}

static void watch_forks(void)
{
	pthread_atfork(NULL, NULL, forget_in_child);
}

/* Path of a file of the control directory, owned by the caller; NULL and errno. */
static char *path_of(const char *name)
{
	const char *dir = getenv(CHECKPOINT_ENV_IMAGE_DIR);

	if (!dir || !*dir) {
		errno = ENOTSUP;
		return NULL;
	}
	return str_printf("%s/" CONTROL_DIR "/%s", dir, name);
}

static int open_lock(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	cleanup_free char *path = NULL;

	pthread_once(&once, watch_forks);
	if (lock_fd < 0) {
		path = path_of(CONTROL_LOCK);
		if (!path)
			return -1;
		lock_fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	if (lock_fd < 0) {
		errno = errno == ENOENT ? ENOTSUP : errno;
		return -1;
	}
	users++;
	return 0;
}

static void close_lock(void)
{
	if (--users > 0)
		return;
	close(lock_fd);
	lock_fd = -1;
}

static int lock_byte(int fd, short type, uint32_t byte)
{
	struct flock lock = {
		.l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1
	};
	int rc;

	while ((rc = fcntl(fd, F_SETLKW, &lock)) < 0 && errno == EINTR)
		;
	return rc;
}

int ask_hold(void)
{
	int rc;

	pthread_mutex_lock(&mutex);
	rc = open_lock();
	if (rc == 0 && holders == 0 &&
	    lock_byte(lock_fd, F_RDLCK, CONTROL_LOCK_DUMP) < 0) {
		close_lock();
		rc = -1;
	}
	if (rc == 0)
		holders++;
	pthread_mutex_unlock(&mutex);
	return rc;
}

void ask_release(void)
{
	pthread_mutex_lock(&mutex);
	if (--holders == 0) {
		(void)lock_byte(lock_fd, F_UNLCK, CONTROL_LOCK_DUMP);
		/* Another thread may keep the file open, and the runner wait for this. */
		(void)futimens(lock_fd, NULL);
	}
	close_lock();
	pthread_mutex_unlock(&mutex);
}

/* The address of a socket is short, and the path of a folder need not be. */
static int connect_runner(void)
{
	const char *dir = getenv(CHECKPOINT_ENV_IMAGE_DIR);
	cleanup_free char *path = dir ? str_printf("%s/" CONTROL_DIR, dir) : NULL;
	cleanup_close int fd = path ? open(path, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	cleanup_free char *address =
		fd < 0 ? NULL : str_printf("/proc/self/fd/%d/" CONTROL_SOCKET, fd);

	return address ? unix_socket_connect(address) : -1;
}

static int exchange(const struct control_request *request, struct control_reply *reply)
{
	cleanup_close int fd = connect_runner();

	if (fd < 0 ||
	    send(fd, request, sizeof(*request), MSG_NOSIGNAL) !=
		    (ssize_t)sizeof(*request) ||
	    recv(fd, reply, sizeof(*reply), MSG_WAITALL) != (ssize_t)sizeof(*reply)) {
		errno = ENOTSUP;
		return -1;
	}
	return 0;
}

int ask(enum control_command command, uint32_t ticket, struct control_reply *reply)
{
	struct control_request request = { .command = command, .ticket = ticket };
	int rc;

	if (ask_hold() < 0)
		return -1;
	rc = exchange(&request, reply);
	ask_release();
	return rc;
}

int ask_wait(uint32_t ticket)
{
	int rc;

	pthread_mutex_lock(&mutex);
	rc = open_lock();
	pthread_mutex_unlock(&mutex);
	if (rc < 0)
		return -1;
	rc = lock_byte(lock_fd, F_RDLCK, ticket);
	if (rc == 0)
		(void)lock_byte(lock_fd, F_UNLCK, ticket);
	pthread_mutex_lock(&mutex);
	close_lock();
	pthread_mutex_unlock(&mutex);
	return rc;
}
