// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sockets_preload - loaded into criu alone: its own sockets get pathnames in a directory
 * of the job's user's, in place of abstract names (sockets.h).
 *
 *	X/crtools-pr-PID-ID	dump: criu listens, the parasite in each frozen process
 *				connects
 *	x/crtools-fd-PID-ID	restore: descriptors that processes send to each other
 *	X/criu-fdstore-INODE-ID	restore: a store of descriptors, connected to itself
 *	X/criu-pidfd-store-...	pre-dump: the same
 *
 * (The first character becomes the zero byte of an abstract name.)
 *
 * The parasite has no C library. It finds the address in memory that it shares with criu,
 * which is the very memory that criu hands to bind(): so bind() writes the new name
 * there. The length was told to the parasite before, so the new name is padded with zeros,
 * at the first of which the kernel stops reading. For the second process on, criu writes
 * the old name there again, but calls bind() only if getsockname() tells of no name: so
 * that denies the parasite's socket's name, and the repeated bind() does nothing but
 * write.
 *
 * Nothing is allocated, no lock taken and no descriptor kept: processes that criu
 * restores run through here, too, before they become the job.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "engine/criu/mends_preload.h"
#include "engine/criu/sockets.h"

#define EXPORTED __attribute__((visibility("default")))
#define PATH_AT	 offsetof(struct sockaddr_un, sun_path)

static struct {
	int (*bind)(int, const struct sockaddr *, socklen_t);
	int (*connect)(int, const struct sockaddr *, socklen_t);
	int (*getsockname)(int, struct sockaddr *, socklen_t *);
	ssize_t (*sendmsg)(int, const struct msghdr *, int);
} real;

/* Empty: there is none, and criu's sockets are refused. */
static char dir[SOCKETS_DIR_MAX + 1];

#define PARASITE 0 /* of the names */

static const struct {
	const char *abstract; /* after the zero byte */
	const char *pathname; /* in the directory */
} names[] = {
	[PARASITE] = { "/crtools-pr-", "/pr-" },
	{ "/crtools-fd-", "/fd-" },
	{ "/criu-fdstore-", "/fs-" },
	{ "/criu-pidfd-store-", "/ps-" },
};

#define NAMES (sizeof(names) / sizeof(names[0]))

static void mark(const char *where)
{
	int at = open(where, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd = openat(at, SOCKETS_MARK, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
			0600);

	close(fd);
	close(at);
}

static void __attribute__((constructor)) start(void)
{
	const char *given = getenv(SOCKETS_ENV_DIR);

	*(void **)&real.bind = dlsym(RTLD_NEXT, "bind");
	*(void **)&real.connect = dlsym(RTLD_NEXT, "connect");
	*(void **)&real.getsockname = dlsym(RTLD_NEXT, "getsockname");
	*(void **)&real.sendmsg = dlsym(RTLD_NEXT, "sendmsg");
	if (!given || given[0] != '/')
		return;
	mark(given);
	/* Of the trial it may be longer, where nothing is bound. */
	if (strlen(given) < sizeof(dir))
		strcpy(dir, given);
}

/* ---- names ---- */

/* Which of criu's names an address has, or -1. */
static int name_of(const struct sockaddr *address, socklen_t length)
{
	const struct sockaddr_un *un = (const void *)address;

	if (!address || length <= PATH_AT + 1 || length > sizeof(*un) ||
	    un->sun_family != AF_UNIX || un->sun_path[0] != '\0')
		return -1;
	for (size_t i = 0; i < NAMES; i++) {
		size_t size = strlen(names[i].abstract);

		if (length - PATH_AT - 1 > size &&
		    !memcmp(un->sun_path + 1, names[i].abstract, size))
			return (int)i;
	}
	return -1;
}

/*
 * The new address, of the name and what tells it from others: its length, which is at
 * most the old one's; or 0 and errno.
 */
static socklen_t pathname(int name, const char *id, socklen_t old, struct sockaddr_un *to)
{
	size_t size;

	memset(to, 0, sizeof(*to));
	to->sun_family = AF_UNIX;
	size = (size_t)snprintf(to->sun_path, sizeof(to->sun_path), "%s%s%s", dir,
				names[name].pathname, id);
	if (!dir[0] || size >= sizeof(to->sun_path) || PATH_AT + size > old) {
		errno = ENAMETOOLONG;
		return 0;
	}
	return (socklen_t)(PATH_AT + size + 1);
}

/*
 * What tells a name from others of its kind: all of it but the id of the run at its end,
 * since the directory is this run's alone.
 */
static void read_id(int name, const struct sockaddr *address, socklen_t length,
		    char id[64])
{
	const char *text =
		((const struct sockaddr_un *)(const void *)address)->sun_path + 1;
	size_t skip = strlen(names[name].abstract);
	size_t size = strnlen(text, length - PATH_AT - 1) - skip;

	snprintf(id, 64, "%.*s", (int)size, text + skip);
	/* A UUID, or what a UUID is where there is none: its dashes are not the first. */
	if (strlen(id) > 36 && id[strlen(id) - 37] == '-')
		id[strlen(id) - 37] = '\0';
}

/* 0: it is none of criu's own; -1: it is, and has no place. */
static int translate(const struct sockaddr *address, socklen_t length,
		     struct sockaddr_un *to, socklen_t *size)
{
	int name = name_of(address, length);
	char id[64];

	if (name < 0)
		return 0;
	read_id(name, address, length, id);
	*size = pathname(name, id, length, to);
	return *size ? 1 : -1;
}

static bool is_parasites(const struct sockaddr_un *un)
{
	size_t size = strlen(dir);

	return un->sun_family == AF_UNIX && size && !strncmp(un->sun_path, dir, size) &&
	       !strncmp(un->sun_path + size, names[PARASITE].pathname,
			strlen(names[PARASITE].pathname));
}

/* ---- what criu calls ---- */

static bool has_name(int fd)
{
	struct sockaddr_un now = { 0 };
	socklen_t size = sizeof(now);

	return real.getsockname(fd, (struct sockaddr *)&now, &size) == 0 &&
	       is_parasites(&now);
}

static int bind_there(int fd, const struct sockaddr_un *to, socklen_t size)
{
	unlink(to->sun_path); /* of a run that was killed */
	if (real.bind(fd, (const struct sockaddr *)to, size) < 0)
		return -1;
	/* Whatever the umask: to connect takes the right to write. */
	return chmod(to->sun_path, 0600);
}

/* A socket for each network namespace, and so its inode tells it from others. */
static int bind_parasites(int fd, const struct sockaddr *address, socklen_t length)
{
	struct sockaddr_un to;
	struct stat st;
	socklen_t size;
	char id[32];

	if (fstat(fd, &st) < 0)
		return -1;
	snprintf(id, sizeof(id), "%lx", (unsigned long)st.st_ino);
	size = pathname(PARASITE, id, length, &to);
	if (size == 0)
		return -1;
	memcpy((void *)address, &to, length); /* where the parasite reads it */
	return has_name(fd) ? 0 : bind_there(fd, &to, size);
}

/* One of the job's. */
static int bind_jobs(int fd, const struct sockaddr *address, socklen_t length)
{
	const struct sockaddr_un *un = (const void *)address;
	int rc = real.bind(fd, address, length);
	char path[sizeof(un->sun_path) + 1] = "";

	if (rc == 0 || errno != ENOENT || address->sa_family != AF_UNIX ||
	    length <= PATH_AT || length > sizeof(*un))
		return rc;
	memcpy(path, un->sun_path, length - PATH_AT);
	if (mends_parent(path))
		return real.bind(fd, address, length);
	errno = ENOENT;
	return -1;
}

EXPORTED int bind(int fd, const struct sockaddr *address, socklen_t length)
{
	struct sockaddr_un to;
	socklen_t size;

	if (name_of(address, length) == PARASITE)
		return bind_parasites(fd, address, length);
	switch (translate(address, length, &to, &size)) {
	case 0:
		return bind_jobs(fd, address, length);
	case 1:
		return bind_there(fd, &to, size);
	default:
		return -1;
	}
}

EXPORTED int getsockname(int fd, struct sockaddr *restrict address,
			 socklen_t *restrict length)
{
	socklen_t room = *length;

	if (real.getsockname(fd, address, length) < 0)
		return -1;
	if (room >= sizeof(struct sockaddr_un) && *length > PATH_AT &&
	    is_parasites((const void *)address))
		*length = PATH_AT;
	return 0;
}

EXPORTED int connect(int fd, const struct sockaddr *address, socklen_t length)
{
	struct sockaddr_un to;
	socklen_t size;

	switch (translate(address, length, &to, &size)) {
	case 0:
		return real.connect(fd, address, length);
	case 1:
		return real.connect(fd, (const struct sockaddr *)&to, size);
	default:
		return -1;
	}
}

EXPORTED ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	struct msghdr copy = *message;
	struct sockaddr_un to;
	socklen_t size;

	switch (translate(copy.msg_name, copy.msg_namelen, &to, &size)) {
	case 0:
		return real.sendmsg(fd, message, flags);
	case 1:
		copy.msg_name = &to;
		copy.msg_namelen = size;
		return real.sendmsg(fd, &copy, flags);
	default:
		return -1;
	}
}
