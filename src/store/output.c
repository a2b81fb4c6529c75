// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "store/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "store/way.h"

int output_note(struct manifest *m, const struct stat *st)
{
	const char *before = manifest_get(m, OUTPUT_FILES);
	cleanup_free char *all = str_printf("%s%llu %o ", before ? before : "",
					    (unsigned long long)st->st_ino,
					    (unsigned int)st->st_mode & 0777);

	return all ? manifest_set(m, OUTPUT_FILES, "%s", all) : -1;
}

struct which {
	unsigned long long inode;
	unsigned int mode;
};

/* False if it was not noted, by an earlier version. */
static bool find_which(const struct manifest *m, size_t output, struct which *which)
{
	const char *rest = manifest_get(m, OUTPUT_FILES);
	int used = 0;

	for (size_t i = 0; rest && i <= output; i++, rest += used) {
		if (sscanf(rest, "%llu %o %n", &which->inode, &which->mode, &used) != 2)
			return false;
	}
	return rest != NULL;
}

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

/* Copy the file into the generation, as one of its own. */
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
	if (manifest_add_output(&gen->manifest, path, (uint64_t)st.st_size, copy) < 0 ||
	    output_note(&gen->manifest, &st) < 0)
		return error_sys(e, "%s", path);
	return 0;
}

/*
 * Open what the job was writing. Its path may lead through directories in which others
 * write, and lead to another of the user's files now: links of others are not followed,
 * and where there are such directories it has to be the very file that was recorded.
 */
static int open_output(const struct manifest *m, size_t output, int extra,
		       struct error *e)
{
	const struct manifest_output *o = &m->outputs[output];
	struct way way = way_of("");
	cleanup_close int fd = -1;
	struct which which;
	struct stat st;

	way.tolerant = true;
	fd = way_open_file(&way, o->path, O_WRONLY | O_NOCTTY | O_NONBLOCK | extra, e);
	if (fd < 0 && errno != ENXIO)
		return -1;
	/* ENXIO: a pipe that nobody reads */
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return error_set(e, "%s is not a regular file any more", o->path);
	if (way.exposed && !(extra & O_CREAT) && find_which(m, output, &which) &&
	    which.inode != st.st_ino) {
		errno = EPERM;
		return error_set(
			e,
			"%s is another file than the job was writing, and others "
			"can write to a directory on the way there",
			o->path);
	}
	return take_fd(fd);
}

/* Can it be put back? A file without a copy only if it still has all it had. */
static int check(const struct manifest *m, size_t output, struct error *e)
{
	const struct manifest_output *o = &m->outputs[output];
	cleanup_close int fd = open_output(m, output, 0, e);
	struct stat st;

	if (fd < 0 && o->copy && errno == ENOENT)
		return 0;
	if (fd < 0)
		return error_prefix(e, "an output of the job");
	if (fstat(fd, &st) < 0)
		return error_sys(e, "%s", o->path);
	if (!o->copy && (uint64_t)st.st_size < o->length)
		return error_set(
			e,
			"%s has %lld bytes, fewer than the %llu that the job had "
			"written",
			o->path, (long long)st.st_size, (unsigned long long)o->length);
	return 0;
}

static int put_back_copy(const struct generation *gen, size_t output, struct error *e)
{
	const struct manifest_output *o = &gen->manifest.outputs[output];
	cleanup_close int in =
		openat(gen->fd, o->copy, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	cleanup_close int out = open_output(&gen->manifest, output, 0, e);
	struct which which;
	struct stat st;

	if (in < 0 || fstat(in, &st) < 0)
		return error_sys(e, "%s", o->copy);
	if (out < 0 && errno == ENOENT) {
		if (!find_which(&gen->manifest, output, &which))
			which.mode = st.st_mode & 0777;
		out = open_output(&gen->manifest, output, O_CREAT | O_EXCL, e);
		if (out >= 0 && fchmod(out, which.mode & 0777) < 0)
			return error_sys(e, "%s", o->path);
	}
	if (out < 0)
		return -1;
	if (ftruncate(out, 0) < 0)
		return error_sys(e, "%s", o->path);
	return file_copy(in, out, o->length, o->path, e);
}

int output_cut(const struct manifest *m, size_t output, struct error *e)
{
	cleanup_close int out = open_output(m, output, 0, e);

	if (out < 0)
		return -1;
	if (ftruncate(out, (off_t)m->outputs[output].length) < 0)
		return error_sys(e, "%s", m->outputs[output].path);
	return 0;
}

static int put_back(const struct generation *gen, size_t output, struct error *e)
{
	return gen->manifest.outputs[output].copy ? put_back_copy(gen, output, e)
						  : output_cut(&gen->manifest, output, e);
}

int output_is_there(const struct generation *gen, struct error *e)
{
	for (size_t i = 0; i < gen->manifest.noutputs; i++) {
		const struct manifest_output *o = &gen->manifest.outputs[i];
		cleanup_close int fd = -1;
		struct stat st;

		if (!o->copy && stat(o->path, &st) < 0)
			return error_sys(e, "%s, which the job was writing", o->path);
		fd = open_output(&gen->manifest, i, 0, e);
		if (fd < 0 && errno == EPERM)
			return error_prefix(e, "an output of the job");
	}
	return 0;
}

int output_put_back(const struct generation *gen, struct error *e)
{
	const struct manifest *m = &gen->manifest;

	for (size_t i = 0; i < m->noutputs; i++) {
		if (check(m, i, e) < 0)
			return -1;
	}
	for (size_t i = 0; i < m->noutputs; i++) {
		if (put_back(gen, i, e) < 0)
			return -1;
	}
	return 0;
}
