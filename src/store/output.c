// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "store/output.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"

bool output_is_recorded(const struct generation *gen, const struct stat *st)
{
	for (size_t i = 0; i < gen->manifest.noutputs; i++) {
		struct stat other;

		if (stat(gen->manifest.outputs[i].path, &other) == 0 &&
		    other.st_dev == st->st_dev && other.st_ino == st->st_ino)
			return true;
	}
	return false;
}

/* Copy the file into the generation, as one of its own with the same permissions. */
static int copy_content(struct generation *gen, const char *path, int fd,
			const struct stat *st, char **name, struct error *e)
{
	cleanup_close int out = -1;
	char hex[DIGEST_HEX + 1];
	uint64_t size;

	*name = str_printf("output-%zu", gen->manifest.noutputs + 1);
	if (!*name)
		return error_sys(e, "%s", path);
	out = generation_create(gen, *name, e);
	if (out < 0 || file_copy(fd, out, (uint64_t)st->st_size, path, e) < 0)
		return -1;
	if (fchmod(out, (st->st_mode & 0777) | 0600) < 0)
		return error_sys(e, "%s", *name);
	if (lseek(out, 0, SEEK_SET) < 0 || digest_of_fd(out, *name, hex, &size, e) < 0)
		return error_prefix(e, "%s", path);
	if (manifest_add_file(&gen->manifest, *name, size, hex) < 0)
		return error_sys(e, "%s", path);
	return 0;
}

int output_record(struct generation *gen, const char *path, int fd, bool with_content,
		  struct error *e)
{
	cleanup_free char *copy = NULL;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_sys(e, "%s", path);
	if (with_content && copy_content(gen, path, fd, &st, &copy, e) < 0)
		return -1;
	if (!with_content && fsync(fd) < 0 && errno != EINVAL && errno != EROFS)
		return error_sys(e, "%s", path);
	if (manifest_add_output(&gen->manifest, path, (uint64_t)st.st_size, copy) < 0)
		return error_sys(e, "%s", path);
	return 0;
}

/* A link that somebody else has put in its place, as they may in /tmp. */
static bool is_foreign_link(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISLNK(st.st_mode) && st.st_uid != geteuid();
}

/*
 * Can it be put back? A file without a copy only if it still has all it had; and
 * nothing but a file: a pipe in its place would be waited for.
 */
static int check(const struct manifest_output *o, struct error *e)
{
	struct stat st;

	if (stat(o->path, &st) < 0)
		return o->copy && errno == ENOENT
			       ? 0
			       : error_sys(e, "%s, which the job was writing", o->path);
	if (!S_ISREG(st.st_mode) || is_foreign_link(o->path))
		return error_set(e, "%s is not a regular file any more", o->path);
	if (faccessat(AT_FDCWD, o->path, W_OK, AT_EACCESS) < 0)
		return error_sys(e, "%s", o->path);
	if (!o->copy && (uint64_t)st.st_size < o->length)
		return error_set(
			e,
			"%s has %lld bytes, fewer than the %llu that the job had "
			"written",
			o->path, (long long)st.st_size, (unsigned long long)o->length);
	return 0;
}

static int open_output(const struct manifest_output *o, int extra)
{
	int flags = O_WRONLY | O_CLOEXEC | O_NOCTTY | extra;
	int fd = open(o->path, flags | O_NOFOLLOW, 0600);

	if (fd < 0 && errno == ELOOP && !is_foreign_link(o->path))
		fd = open(o->path, flags, 0600);
	return fd;
}

static int put_back_copy(const struct generation *gen, const struct manifest_output *o,
			 struct error *e)
{
	cleanup_close int in =
		openat(gen->fd, o->copy, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	cleanup_close int out = open_output(o, 0);
	struct stat st;

	if (in < 0 || fstat(in, &st) < 0)
		return error_sys(e, "%s", o->copy);
	if (out < 0 && errno == ENOENT) {
		out = open_output(o, O_CREAT | O_EXCL);
		if (out >= 0 && fchmod(out, st.st_mode & 0777) < 0)
			return error_sys(e, "%s", o->path);
	}
	if (out < 0 || ftruncate(out, 0) < 0)
		return error_sys(e, "%s", o->path);
	return file_copy(in, out, o->length, o->path, e);
}

static int put_back(const struct generation *gen, const struct manifest_output *o,
		    struct error *e)
{
	cleanup_close int out = -1;

	if (o->copy)
		return put_back_copy(gen, o, e);
	out = open_output(o, 0);
	if (out < 0)
		return error_sys(e, "%s", o->path);
	if (ftruncate(out, (off_t)o->length) < 0)
		return error_sys(e, "%s", o->path);
	return 0;
}

int output_is_there(const struct generation *gen, struct error *e)
{
	for (size_t i = 0; i < gen->manifest.noutputs; i++) {
		const struct manifest_output *o = &gen->manifest.outputs[i];
		struct stat st;

		if (!o->copy && stat(o->path, &st) < 0)
			return error_sys(e, "%s, which the job was writing", o->path);
	}
	return 0;
}

int output_put_back(const struct generation *gen, struct error *e)
{
	const struct manifest *m = &gen->manifest;

	for (size_t i = 0; i < m->noutputs; i++) {
		if (check(&m->outputs[i], e) < 0)
			return -1;
	}
	for (size_t i = 0; i < m->noutputs; i++) {
		if (put_back(gen, &m->outputs[i], e) < 0)
			return -1;
	}
	return 0;
}
