// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "store/way.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"

#define LINKS_MAX 40 /* on the way, as in Linux */

/* As which a user is seen that a user namespace does not have. */
#define UNMAPPED 65534

/* ---- users ---- */

/* All users are mapped to themselves where there is no other namespace. */
static bool is_inside_namespace(void)
{
	size_t size;
	cleanup_free char *map =
		file_read(AT_FDCWD, "/proc/self/uid_map", 4096, &size, NULL);
	unsigned long long in, out, count;

	return map && (sscanf(map, "%llu %llu %llu", &in, &out, &count) != 3 || in != 0 ||
		       out != 0 || count != UINT32_MAX);
}

struct way way_of(const char *user)
{
	const struct passwd *pw = *user ? getpwnam(user) : NULL;

	return (struct way){ .user = pw ? pw->pw_uid : geteuid(),
			     .inside = is_inside_namespace(),
			     .fixed = true };
}

char *way_owner_name(uid_t owner)
{
	const struct passwd *pw = getpwuid(owner);

	return pw ? str_printf("user %s", pw->pw_name) : str_printf("user %u", owner);
}

static bool is_roots(const struct way *way, const struct stat *st)
{
	return st->st_uid == 0 || (way->inside && st->st_uid == UNMAPPED);
}

bool way_trusts(const struct way *way, uid_t owner)
{
	const struct stat st = { .st_uid = owner };

	return is_roots(way, &st) || owner == way->user;
}

/* ---- one directory ---- */

/* Where it is, as the kernel says; path where that does not say it. */
static char *place_of(int fd, const char *path)
{
	cleanup_free char *link = str_printf("/proc/self/fd/%d", fd);
	char *place = link ? file_read_link(AT_FDCWD, link) : NULL;

	return place ? place : strdup(path);
}

static int refuse_owner(const struct way *way, const struct stat *st, const char *place,
			struct error *e)
{
	cleanup_free char *owner = way_owner_name(st->st_uid);
	cleanup_free char *user = way_owner_name(way->user);

	error_set(
		e, "%s belongs to %s, and not to %s, whose checkpoints it would hold: %s",
		place, owner ? owner : "another user", user ? user : "the user",
		way->fixed ? "have them kept elsewhere, or an administrator gives it to "
			     "root"
			   : "an administrator has to remove it, and to make it for "
			     "that user");
	errno = EPERM;
	return -1;
}

static int refuse_mode(const struct stat *st, const char *place, struct error *e)
{
	cleanup_free char *owner = way_owner_name(st->st_uid);

	error_set(e,
		  "%s can be written by other users, who could exchange the checkpoints "
		  "below it; its owner, %s, has to forbid that (chmod go-w%s), or the "
		  "checkpoints are to be kept elsewhere",
		  place, owner ? owner : "unknown",
		  st->st_uid == 0 ? ", or chmod +t" : "");
	errno = EPERM;
	return -1;
}

/* In root's group are administrators alone. */
static bool is_open_to_others(const struct way *way, const struct stat *st)
{
	bool roots = way->fixed && is_roots(way, st);

	if (roots && (st->st_mode & S_ISVTX))
		return false;
	if (st->st_mode & S_IWOTH)
		return true;
	return (st->st_mode & S_IWGRP) && !(roots && st->st_gid == 0);
}

static int judge(struct way *way, int fd, const char *path, struct error *e)
{
	cleanup_free char *place = NULL;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_sys(e, "%s", path);
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		return error_sys(e, "%s", path);
	}
	if ((st.st_mode & S_ISVTX) && (st.st_mode & (S_IWGRP | S_IWOTH)))
		way->shared = true;
	if ((is_roots(way, &st) || st.st_uid == way->user) &&
	    !is_open_to_others(way, &st))
		return 0;
	way->exposed = true;
	way->foreign = way->foreign || !(is_roots(way, &st) || st.st_uid == way->user);
	if (way->tolerant)
		return 0;
	place = place_of(fd, path);
	if (!place)
		return error_sys(e, "%s", path);
	return is_roots(way, &st) || st.st_uid == way->user
		       ? refuse_mode(&st, place, e)
		       : refuse_owner(way, &st, place, e);
}

/* ---- the fixed part, which is there ---- */

static int walk(struct way *way, int from, const char *rest, const char *path,
		struct error *e);

/* Where a link of root's or the user's leads; fd is the link itself. */
static int follow(struct way *way, int parent, int fd, const struct stat *st,
		  const char *path, struct error *e)
{
	cleanup_free char *target = file_read_link(fd, "");
	cleanup_free char *place = place_of(fd, path);

	if (!target || !place)
		return error_sys(e, "%s", path);
	if (!is_roots(way, st) && st->st_uid != way->user)
		return refuse_owner(way, st, place, e);
	if (way->links++ >= LINKS_MAX) {
		errno = ELOOP;
		return error_sys(e, "%s", path);
	}
	return walk(way, parent, target, path, e);
}

static int step(struct way *way, int parent, const char *name, const char *path,
		struct error *e)
{
	cleanup_close int fd = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_sys(e, "%s", path);
	if (S_ISLNK(st.st_mode))
		return follow(way, parent, fd, &st, path, e);
	return judge(way, fd, path, e) < 0 ? -1 : take_fd(fd);
}

/* The directory at the end of a path from a directory on; path is for sentences. */
static int walk(struct way *way, int from, const char *rest, const char *path,
		struct error *e)
{
	cleanup_free char *names = strdup(rest);
	cleanup_close int fd = *rest == '/' ? open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)
					    : fcntl(from, F_DUPFD_CLOEXEC, 0);
	char *next = names, *name;

	if (!names || fd < 0)
		return error_sys(e, "%s", path);
	if (judge(way, fd, *rest == '/' ? "/" : path, e) < 0)
		return -1;
	while ((name = strsep(&next, "/"))) {
		int below;

		if (!*name || !strcmp(name, "."))
			continue;
		below = step(way, fd, name, path, e);
		if (below < 0)
			return -1;
		close(fd);
		fd = below;
	}
	return take_fd(fd);
}

int way_walk(struct way *way, const char *path, struct error *e)
{
	return walk(way, -1, path, path, e);
}

/* ---- one step, and no link ---- */

int way_enter(struct way *way, int parent, const char *name, int flags, bool make,
	      const char *path, struct error *e)
{
	cleanup_close int fd = -1;

	if (!strcmp(name, "."))
		return fcntl(parent, F_DUPFD_CLOEXEC, 0);
	if (!strcmp(name, "..")) {
		errno = EINVAL;
		return error_sys(e, "%s", path);
	}
	if (make && mkdirat(parent, name, 0700) < 0 && errno != EEXIST)
		return error_sys(e, "%s", path);
	fd = openat(parent, name, flags | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_sys(e, "%s", path);
	return judge(way, fd, path, e) < 0 ? -1 : take_fd(fd);
}

/* ---- a file ---- */

static int open_at_end(struct way *way, const char *path, int flags, struct error *e);

/* A link in the file's place leads on from its directory. */
static int open_linked(struct way *way, int dir, const char *name, const char *path,
		       int flags, struct error *e)
{
	cleanup_close int fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	cleanup_free char *target = fd < 0 ? NULL : file_read_link(fd, "");
	cleanup_free char *place = fd < 0 ? NULL : place_of(dir, path);
	cleanup_free char *next = NULL;
	struct stat st;

	if (!target || !place || fstat(fd, &st) < 0)
		return error_sys(e, "%s", path);
	if (!is_roots(way, &st) && st.st_uid != way->user)
		return refuse_owner(way, &st, path, e);
	if (way->links++ >= LINKS_MAX) {
		errno = ELOOP;
		return error_sys(e, "%s", path);
	}
	next = *target == '/' ? strdup(target) : str_printf("%s/%s", place, target);
	return next ? open_at_end(way, next, flags, e) : error_sys(e, "%s", path);
}

static int open_at_end(struct way *way, const char *path, int flags, struct error *e)
{
	const char *slash = strrchr(path, '/');
	cleanup_free char *dir = slash ? strndup(path, (size_t)(slash - path) + 1) : NULL;
	cleanup_close int parent = -1;
	int fd;

	if (!dir)
		return error_sys(e, "%s", path);
	parent = way_walk(way, dir, e);
	if (parent < 0)
		return -1;
	fd = openat(parent, slash + 1, flags | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 && errno == ELOOP)
		return open_linked(way, parent, slash + 1, path, flags, e);
	return fd < 0 ? error_sys(e, "%s", path) : fd;
}

int way_open_file(struct way *way, const char *path, int flags, struct error *e)
{
	return open_at_end(way, path, flags, e);
}

static int refuse_file(const char *path, const struct stat *st, const char *why,
		       struct error *e)
{
	cleanup_free char *owner = way_owner_name(st->st_uid);

	error_set(
		e,
		"%s is not the file that the job was using, and may be a stranger's: it "
		"belongs to %s, %s; have it removed, or have the job continue on "
		"another node",
		path, owner ? owner : "another user", why);
	errno = EPERM;
	return -1;
}

int way_check_file(const struct way *way, const char *path, const struct stat *st,
		   bool may_be_roots, struct error *e)
{
	if (!way->shared && !way->exposed)
		return 0;
	if (way->foreign)
		return refuse_file(path, st, "and a directory on the way to a stranger",
				   e);
	if (st->st_nlink > 1)
		return refuse_file(path, st, "and has another name as well", e);
	if (st->st_uid == way->user)
		return 0;
	/* Inside a user namespace a stranger looks as root does, but not the reverse. */
	if (!may_be_roots || st->st_uid != 0)
		return refuse_file(path, st, "and not to the job's user", e);
	return st->st_mode & (S_IWGRP | S_IWOTH)
		       ? refuse_file(path, st, "and others can write to it", e)
		       : 0;
}
