// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/criu/relink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "engine/criu/nameless.h"
#include "engine/tree.h"

#define PREFIX ".slurm-checkpoint."

#define PAGE  4096 /* for the path of a file, in the memory of a process */
#define CHUNK ((size_t)1 << 20)

/* What open(2) does something by, of the flags that a descriptor was opened with. */
#define OPENING (O_CREAT | O_EXCL | O_TRUNC | O_NOCTTY | O_TMPFILE)

/* ---- the new files ---- */

static bool is_zero(const char *data, size_t size)
{
	return size == 0 || (data[0] == 0 && memcmp(data, data + 1, size - 1) == 0);
}

/* Bytes from..to of in, which begins there with the file's byte at. Zeros are left out.
 */
static int copy(int in, off_t from, uint64_t size, int out, off_t at)
{
	cleanup_free char *chunk = malloc(CHUNK);

	if (!chunk)
		return -1;
	while (size) {
		size_t want = size < CHUNK ? (size_t)size : CHUNK;
		ssize_t got = pread(in, chunk, want, from);

		if (got <= 0)
			return (int)got;
		if (!is_zero(chunk, (size_t)got) &&
		    pwrite(out, chunk, (size_t)got, at) != got)
			return -1;
		from += got;
		at += got;
		size -= (uint64_t)got;
	}
	return 0;
}

/* By a descriptor of it, if somebody has one: 1. 0 if nobody has. */
static int copy_held(const struct nameless *n, size_t lost, int out)
{
	for (size_t i = 0; i < n->count; i++) {
		const struct user *u = &n->users[i];

		for (size_t k = 0; k < u->helds; k++) {
			cleanup_free char *path =
				str_printf("%d/fd/%d", u->pid, u->held[k].number);
			cleanup_close int in =
				path ? openat(n->proc, path, O_RDONLY | O_CLOEXEC) : -1;
			struct stat st;

			if (u->held[k].lost != lost)
				continue;
			if (in < 0 || fstat(in, &st) < 0 ||
			    fchmod(out, st.st_mode & 07777) < 0 ||
			    ftruncate(out, st.st_size) < 0 ||
			    copy(in, 0, (uint64_t)st.st_size, out, 0) < 0)
				return -1;
			return 1;
		}
	}
	return 0;
}

/* Whether an earlier user has the same part of the file mapped. */
static bool is_copied(const struct nameless *n, size_t lost, const struct user *until,
		      const struct mapping *m)
{
	for (const struct user *u = n->users; u < until; u++) {
		for (size_t i = 0; i < u->maps.count; i++) {
			const struct mapping *other = &u->maps.list[i];

			if (nameless_mapped(n, other) == lost &&
			    other->offset <= m->offset &&
			    other->offset + (other->end - other->start) >=
				    m->offset + (m->end - m->start))
				return true;
		}
	}
	return false;
}

/* Nobody reads what nobody has mapped. */
static int copy_mapped(const struct nameless *n, size_t lost, int out)
{
	if (ftruncate(out, (off_t)n->lost[lost].size) < 0)
		return -1;
	for (const struct user *u = n->users; u < n->users + n->count; u++) {
		cleanup_free char *path = str_printf("%d/mem", u->pid);
		cleanup_close int mem =
			path ? openat(n->proc, path, O_RDONLY | O_CLOEXEC) : -1;

		if (mem < 0)
			return -1;
		for (size_t i = 0; i < u->maps.count; i++) {
			const struct mapping *m = &u->maps.list[i];

			if (nameless_mapped(n, m) == lost && !is_copied(n, lost, u, m) &&
			    copy(mem, (off_t)m->start, m->end - m->start, out,
				 (off_t)m->offset) < 0)
				return -1;
		}
	}
	return 0;
}

/* A new file in dir, by a name of ours that is free. */
static int make_file(const char *dir, char **path, struct error *e)
{
	for (unsigned int i = 1;; i++) {
		cleanup_free char *name = str_printf("%s/" PREFIX "%u", dir, i);
		int fd = name ? open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600)
			      : -1;

		if (fd >= 0) {
			*path = take_ptr(name);
			return fd;
		}
		if (!name || errno != EEXIST)
			return error_sys(e, "%s", dir);
	}
}

static int make_new(struct nameless *n, size_t lost, const char *dir, struct error *e)
{
	cleanup_close int fd = make_file(dir, &n->lost[lost].path, e);
	int rc = fd < 0 ? -1 : copy_held(n, lost, fd);

	if (fd < 0)
		return -1;
	if (rc == 0)
		rc = copy_mapped(n, lost, fd);
	return rc < 0 ? error_sys(e, "%s", n->lost[lost].path) : 0;
}

/* ---- calls ---- */

/* What it gives back, which is not a failure. */
static int call(const struct user *u, long number, const unsigned long args[6],
		long *result, struct error *e)
{
	if (remote_call(u->remote, number, args, result, e) < 0)
		return -1;
	if (*result >= 0 || *result < -PAGE)
		return 0;
	errno = (int)-*result;
	return error_sys(e, "process %d: shared memory", u->pid);
}

static int open_there(const struct user *u, const char *path, int flags, long *fd,
		      struct error *e)
{
	const unsigned long args[6] = { (unsigned long)AT_FDCWD, u->page,
					(unsigned long)(flags | O_CLOEXEC) };

	if (strlen(path) >= PAGE ||
	    remote_write(u->remote, u->page, path, strlen(path) + 1, e) < 0)
		return -1;
	return call(u, SYS_openat, args, fd, e);
}

static void close_there(const struct user *u, long *fd)
{
	const unsigned long args[6] = { (unsigned long)*fd };
	long ignored;

	if (*fd >= 0)
		(void)call(u, SYS_close, args, &ignored, NULL);
	*fd = -1;
}

/* There, descriptors of the new files. */
static int open_new(const struct nameless *n, struct user *u, struct error *e)
{
	const unsigned long args[6] = { 0,
					PAGE,
					PROT_READ | PROT_WRITE,
					MAP_PRIVATE | MAP_ANONYMOUS,
					(unsigned long)-1,
					0 };
	long page;

	u->with = calloc(n->losts, sizeof(*u->with));
	if (!u->with)
		return error_sys(e, "process %d", u->pid);
	for (size_t i = 0; i < n->losts; i++)
		u->with[i] = -1;
	if (call(u, SYS_mmap, args, &page, e) < 0)
		return -1;
	u->page = (unsigned long)page;
	for (size_t i = 0; i < u->maps.count; i++) {
		size_t lost = nameless_mapped(n, &u->maps.list[i]);

		if (lost != NONE && u->with[lost] < 0 &&
		    open_there(u, n->lost[lost].path, O_RDWR, &u->with[lost], e) < 0)
			return -1;
	}
	for (size_t i = 0; i < u->helds; i++) {
		struct held *h = &u->held[i];

		if (open_there(u, n->lost[h->lost].path, h->flags & ~OPENING, &h->with,
			       e) < 0)
			return -1;
	}
	return 0;
}

/*
 * In the place of a mapping comes one of the same size, and of a descriptor another: that
 * takes nothing that there might be too little of.
 */
static int replace(const struct nameless *n, const struct user *u, struct error *e)
{
	long ignored;

	for (size_t i = 0; i < u->maps.count; i++) {
		const struct mapping *m = &u->maps.list[i];
		size_t lost = nameless_mapped(n, m);
		const unsigned long args[6] = { m->start,
						m->end - m->start,
						(unsigned long)m->prot,
						MAP_SHARED | MAP_FIXED,
						lost == NONE
							? 0UL
							: (unsigned long)u->with[lost],
						m->offset };

		if (lost != NONE && call(u, SYS_mmap, args, &ignored, e) < 0)
			return -1;
	}
	for (size_t i = 0; i < u->helds; i++) {
		const struct held *h = &u->held[i];
		const unsigned long args[6] = { (unsigned long)h->with,
						(unsigned long)h->number,
						(unsigned long)(h->flags & O_CLOEXEC) };

		if (call(u, SYS_dup3, args, &ignored, e) < 0)
			return -1;
	}
	return 0;
}

static void tidy(const struct nameless *n, struct user *u)
{
	const unsigned long args[6] = { u->page, PAGE };
	long ignored;

	for (size_t i = 0; u->with && i < n->losts; i++)
		close_there(u, &u->with[i]);
	for (size_t i = 0; i < u->helds; i++)
		close_there(u, &u->held[i].with);
	if (u->page)
		(void)call(u, SYS_munmap, args, &ignored, NULL);
}

/* ---- names that nobody needs any more ---- */

static void sweep(const struct sandbox *sb, const char *path)
{
	cleanup_closedir DIR *dir = file_open_dir(AT_FDCWD, path);
	struct dirent *d;
	struct tree tree;
	struct stat st;
	int rc = tree_read(&tree, sb, NULL);

	while (rc == 0 && dir && (d = readdir(dir))) {
		if (strncmp(d->d_name, PREFIX, strlen(PREFIX)) == 0 &&
		    fstatat(dirfd(dir), d->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    !nameless_is_used(&tree, st.st_dev, st.st_ino))
			(void)unlinkat(dirfd(dir), d->d_name, 0);
	}
	tree_free(&tree);
}

/* ---- all of it ---- */

/* All that may fail without harm. */
static int prepare(struct nameless *n, const char *dir, struct error *e)
{
	for (size_t i = 0; i < n->losts; i++) {
		if (make_new(n, i, dir, e) < 0)
			return -1;
	}
	for (size_t i = 0; i < n->count; i++) {
		if (open_new(n, &n->users[i], e) < 0)
			return -1;
	}
	return 0;
}

static void remove_new(const struct nameless *n)
{
	for (size_t i = 0; i < n->losts; i++) {
		if (n->lost[i].path)
			(void)unlink(n->lost[i].path);
	}
}

static int relink(struct nameless *n, const struct sandbox *sb, const char *dir,
		  struct error *e)
{
	int rc = nameless_find(n, sb, dir, e);

	if (rc == 0)
		rc = prepare(n, dir, e);
	if (rc < 0)
		remove_new(n);
	for (size_t i = 0; i < n->count && rc == 0; i++)
		rc = replace(n, &n->users[i], e);
	for (size_t i = 0; i < n->count; i++)
		tidy(n, &n->users[i]);
	return rc;
}

int relink_nameless(const struct sandbox *sb, const char *dir, struct error *e)
{
	struct nameless n;
	int rc = relink(&n, sb, dir, e);

	nameless_free(&n);
	sweep(sb, dir);
	return rc;
}
