// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"

#define COPY_CHUNK (1u << 20)  /* bytes; large enough for a parallel file system */
#define PROC_MAX   (64u << 10) /* bytes; files of /proc say that they have none */

int file_write_all(int fd, const void *data, size_t size)
{
	const char *p = data;

	while (size > 0) {
		ssize_t n = write(fd, p, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		p += n;
		size -= (size_t)n;
	}
	return 0;
}

ssize_t file_read_all(int fd, void *data, size_t size)
{
	size_t got = 0;

	while (got < size) {
		ssize_t n = read(fd, (char *)data + got, size - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

char *file_read(int dirfd, const char *name, size_t max, size_t *size, struct error *e)
{
	/* O_NONBLOCK: a pipe with no writer would be waited for. */
	cleanup_close int fd =
		openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	cleanup_free char *text = NULL;
	struct stat st;
	size_t room;
	ssize_t got;

	if (fd < 0 || fstat(fd, &st) < 0) {
		error_sys(e, "%s", name);
		return NULL;
	}
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size > max) {
		error_set(e, "%s: not a regular file of at most %zu bytes", name, max);
		return NULL;
	}
	room = st.st_size ? (size_t)st.st_size : max < PROC_MAX ? max : PROC_MAX;
	text = malloc(room + 1);
	if (!text || (got = file_read_all(fd, text, room + 1)) < 0) {
		error_sys(e, "%s", name);
		return NULL;
	}
	if ((size_t)got > room) {
		error_set(e, "%s: has more than %zu bytes", name, room);
		return NULL;
	}
	text[got] = '\0';
	*size = (size_t)got;
	return take_ptr(text);
}

/*
 * A new file beside the one to be replaced, whatever others have put in its place. Where
 * that cannot be removed, as in /tmp, it has a name that nobody knows beforehand.
 */
static int create_beside(int dirfd, const char *name, mode_t mode, char **tmp)
{
	unsigned long long word = 0;
	int fd;

	*tmp = str_printf("%s.tmp", name);
	if (*tmp && (unlinkat(dirfd, *tmp, 0) == 0 || errno == ENOENT)) {
		fd = openat(dirfd, *tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
		if (fd >= 0 || errno != EEXIST)
			return fd;
	}
	free(*tmp);
	if (getrandom(&word, sizeof(word), 0) < 0)
		word = (unsigned long long)getpid();
	*tmp = str_printf("%s.%llx.tmp", name, word);
	return *tmp ? openat(dirfd, *tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
		    : -1;
}

int file_replace(int dirfd, const char *name, const void *data, size_t size, mode_t mode,
		 struct error *e)
{
	cleanup_free char *tmp = NULL;
	cleanup_close int fd = create_beside(dirfd, name, mode, &tmp);

	if (fd < 0 || fchmod(fd, mode) < 0 || file_write_all(fd, data, size) < 0 ||
	    fsync(fd) < 0 || renameat(dirfd, tmp, dirfd, name) < 0)
		return error_sys(e, "%s", name);
	return file_sync(dirfd, name, e);
}

char *file_read_link(int dirfd, const char *name)
{
	for (size_t room = 256;; room *= 2) {
		char *text = malloc(room);
		ssize_t n = text ? readlinkat(dirfd, name, text, room) : -1;

		if (n >= 0 && (size_t)n < room) {
			text[n] = '\0';
			return text;
		}
		free(text);
		if (n < 0)
			return NULL;
	}
}

int file_copy(int in, int out, uint64_t size, const char *name, struct error *e)
{
	cleanup_free char *buffer = NULL;
	off_t from = 0;

	while (size > 0) {
		ssize_t n = copy_file_range(in, &from, out, NULL, size, 0);

		if (n <= 0)
			break;
		size -= (uint64_t)n;
	}
	if (size > 0 && !(buffer = malloc(COPY_CHUNK)))
		return error_sys(e, "%s", name);
	while (size > 0) {
		ssize_t n =
			pread(in, buffer, size < COPY_CHUNK ? size : COPY_CHUNK, from);

		if (n < 0)
			return error_sys(e, "%s", name);
		if (n == 0)
			return error_set(e, "%s: became shorter while it was copied",
					 name);
		if (file_write_all(out, buffer, (size_t)n) < 0)
			return error_sys(e, "%s", name);
		from += n;
		size -= (uint64_t)n;
	}
	return 0;
}

DIR *file_open_dir(int dirfd, const char *name)
{
	cleanup_close int fd =
		openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (dir)
		fd = -1; /* it is the directory's now */
	return dir;
}

struct dirent *file_next(DIR *dir)
{
	errno = 0;
	return readdir(dir);
}

bool file_is_dir(int dirfd, const struct dirent *entry)
{
	struct stat st;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type == DT_DIR;
	return fstatat(dirfd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISDIR(st.st_mode);
}

int file_make_dir(int dirfd, const char *name, struct error *e)
{
	int fd;

	if (mkdirat(dirfd, name, 0700) < 0 && errno != EEXIST)
		return error_sys(e, "%s", name);
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? error_sys(e, "%s", name) : fd;
}

int file_sync(int fd, const char *name, struct error *e)
{
	/* Some file systems do not know fsync of a directory, and need none. */
	if (fsync(fd) < 0 && errno != EINVAL)
		return error_sys(e, "%s", name);
	return 0;
}

/* ---- removing ---- */

/*
 * A tree may be deeper than descriptors may be open, or a path may be long. So whatever
 * lies deeper than this is first moved up to the top, under a name of its own.
 */
#define DEEP 32

/* So often it is gone through: four times as deep as a path can name (PATH_MAX). */
#define ROUNDS 256

struct removal {
	int top; /* the directory that is to be removed */
	unsigned int moved;
};

/*
 * What the client of NFS names a file that is removed while a process of this node has it
 * open. It goes when that closes it; until then its directory cannot be removed.
 */
#define STILL_OPEN ".nfs"

static bool is_still_open(const char *name)
{
	return !strncmp(name, STILL_OPEN, strlen(STILL_OPEN));
}

/* Has it nothing but such files? */
static bool waits_for_close(int dirfd, const char *name)
{
	cleanup_closedir DIR *dir = file_open_dir(dirfd, name);
	struct dirent *d;

	while (dir && (d = file_next(dir))) {
		if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0 &&
		    !is_still_open(d->d_name))
			return false;
	}
	return dir && errno == 0;
}

static int remove_dir(int dirfd, const char *name, struct error *e)
{
	int reason;

	if (unlinkat(dirfd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	reason = errno;
	if ((reason == ENOTEMPTY || reason == EBUSY) && waits_for_close(dirfd, name))
		return 0;
	errno = reason;
	return error_sys(e, "%s", name);
}

static int remove_entry(struct removal *r, int dir, const char *name, int depth,
			struct error *e);

/* fd is taken. */
static int remove_entries(struct removal *r, int fd, int depth, struct error *e)
{
	cleanup_closedir DIR *dir = fdopendir(fd);
	struct dirent *d;

	if (!dir) {
		close(fd);
		return error_sys(e, "directory");
	}
	/* Some programs write-protect what they unpack, Go's module cache for one. */
	(void)fchmod(fd, 0700);
	while ((d = readdir(dir))) {
		if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
			continue;
		if (remove_entry(r, dirfd(dir), d->d_name, depth, e) < 0)
			return -1;
	}
	return 0;
}

static int rename_new(int dir, const char *name, int top, const char *up)
{
	if (renameat2(dir, name, top, up, RENAME_NOREPLACE) == 0)
		return 0;
	/* A file system that knows no flags, as NFS. */
	return errno == EINVAL ? renameat(dir, name, top, up) : -1;
}

/* It is met there by those who go through the top, or go through it again. */
static int move_up(struct removal *r, int dir, const char *name, struct error *e)
{
	bool opened = false;

	for (;;) {
		cleanup_free char *up = str_printf(".removed.%u", r->moved++);

		if (!up)
			return error_sys(e, "%s", name);
		if (rename_new(dir, name, r->top, up) == 0)
			return 0;
		/* Its ".." is written to. */
		if (errno == EACCES && !opened) {
			opened = true;
			(void)fchmodat(dir, name, 0700, 0);
		} else if (errno != EEXIST && errno != ENOTEMPTY) {
			return error_sys(e, "%s", name);
		}
	}
}

static int remove_entry(struct removal *r, int dir, const char *name, int depth,
			struct error *e)
{
	int fd;

	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT ||
	    (errno == EBUSY && is_still_open(name)))
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return error_sys(e, "%s", name);
	if (unlinkat(dir, name, AT_REMOVEDIR) == 0)
		return 0;
	if (depth >= DEEP)
		return move_up(r, dir, name, e);
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == EACCES && fchmodat(dir, name, 0700, 0) == 0)
		fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || remove_entries(r, fd, depth + 1, e) < 0)
		return error_sys(e, "%s", name);
	return remove_dir(dir, name, e);
}

int file_remove_tree(int dirfd, const char *name, struct error *e)
{
	cleanup_close int top = -1;
	struct removal r = { 0 };
	unsigned int before, rounds = 0;

	if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return error_sys(e, "%s", name);
	top = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (top < 0)
		return error_sys(e, "%s", name);
	r.top = top;
	do {
		int fd;

		if (rounds++ == ROUNDS)
			return error_set(
				e,
				"%s is not removed, since it is too deep, or "
				"grows meanwhile; \"rm -r\" as its owner removes "
				"it",
				name);
		fd = openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		before = r.moved;
		if (fd < 0 || remove_entries(&r, fd, 0, e) < 0)
			return error_sys(e, "%s", name);
	} while (r.moved > before);
	return remove_dir(dirfd, name, e);
}
