// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mends_preload - loaded into criu with sockets_preload.c: calls of criu's whose failing
 * would be the job's.
 *
 *	fcntl		A pipe gets its size back only while the user's pipes on the node
 *			have fewer pages than fs.pipe-user-pages-soft. Other jobs that are
 *			saved or restored just then have them for a moment: so it is tried
 *			until they are free, for as long as PIPE_LIMIT.
 *	fstatat		Of a socket whose name was removed criu saves the owner that was
 *			never told, and cannot restore it. It is the job's user.
 *	prctl		What was killed by a signal, and for which nobody has waited yet,
 *			is made undumpable before criu has it die again, so that it
 *			leaves no core; from then on nobody sees by which signal, and the
 *			next checkpoint would not have it. A limit does as well.
 *	mends_parent	The directory of a socket may be missing on another node, as in
 *			/tmp.
 *
 * Nothing is allocated, and no lock taken: see there.
 */
#define _GNU_SOURCE
#include "engine/criu/mends_preload.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define EXPORTED   __attribute__((visibility("default")))
#define PIPE_LIMIT 60	    /* seconds */
#define PIPE_AGAIN 20000000 /* nanoseconds: nobody tells when pages are free */

static struct {
	int (*fcntl64)(int, int, ...);
	int (*fstatat64)(int, const char *, struct stat64 *, int);
	int (*prctl)(int, unsigned long, unsigned long, unsigned long, unsigned long);
} real;

static void __attribute__((constructor)) start(void)
{
	*(void **)&real.fcntl64 = dlsym(RTLD_NEXT, "fcntl64");
	*(void **)&real.fstatat64 = dlsym(RTLD_NEXT, "fstatat64");
	*(void **)&real.prctl = dlsym(RTLD_NEXT, "prctl");
}

static time_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static int set_pipe_size(int fd, long size)
{
	const struct timespec again = { .tv_nsec = PIPE_AGAIN };
	const time_t end = now() + PIPE_LIMIT;
	int rc;

	while ((rc = real.fcntl64(fd, F_SETPIPE_SZ, size)) < 0 && errno == EPERM &&
	       now() < end)
		nanosleep(&again, NULL);
	return rc;
}

/* By the other end criu asks for more than it needs, and does without. */
static bool is_write_end(int fd)
{
	return (real.fcntl64(fd, F_GETFL) & O_ACCMODE) == O_WRONLY;
}

EXPORTED int fcntl64(int fd, int command, ...)
{
	va_list args;
	long value;

	va_start(args, command);
	value = va_arg(args, long); /* or a pointer, or nothing at all */
	va_end(args);
	if (command == F_SETPIPE_SZ && is_write_end(fd))
		return set_pipe_size(fd, value);
	return real.fcntl64(fd, command, value);
}

EXPORTED int fstatat64(int fd, const char *path, struct stat64 *st, int flags)
{
	int rc = real.fstatat64(fd, path, st, flags);

	if (rc < 0 && errno == ENOENT) {
		memset(st, 0, sizeof(*st));
		st->st_mode = S_IFSOCK | 0755;
		st->st_uid = geteuid();
		st->st_gid = getegid();
		errno = ENOENT;
	}
	return rc;
}

/* One byte, which no core fits into, also where it goes to a program. */
static int leave_no_core(void)
{
	const struct rlimit none = { .rlim_cur = 1, .rlim_max = 1 };

	return setrlimit(RLIMIT_CORE, &none);
}

EXPORTED int prctl(int option, ...)
{
	unsigned long a[4];
	va_list args;

	va_start(args, option);
	for (size_t i = 0; i < 4; i++)
		a[i] = va_arg(args, unsigned long);
	va_end(args);
	if (option == PR_SET_DUMPABLE && a[0] == 0)
		return leave_no_core();
	return real.prctl(option, a[0], a[1], a[2], a[3]);
}

bool mends_parent(const char *path)
{
	char dir[128];
	bool made = false;

	if (path[0] != '/' || strlen(path) >= sizeof(dir))
		return false;
	strcpy(dir, path);
	for (char *slash = strchr(dir + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(dir, 0700) == 0)
			made = true;
		*slash = '/';
	}
	return made;
}
