// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "store/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "store/node_dirs.h"
#include "store/output_which.h"
#include "store/renamed.h"
#include "store/tail.h"
#include "store/way.h"

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
	if (lseek(out, 0, SEEK_SET) < 0 ||
	    digest_of_fd(out, *name, UINT64_MAX, hex, &size, e) < 0)
		return error_prefix(e, "%s", path);
	if (manifest_add_file(&gen->manifest, *name, size, hex) < 0)
		return error_sys(e, "%s", path);
	return 0;
}

int output_record(struct generation *gen, const char *path, int fd, bool with_content,
		  const struct output_traits *traits, struct error *e)
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
	    output_note(&gen->manifest, fd, traits) < 0)
		return error_sys(e, "%s", path);
	return 0;
}

/* ---- what is there now ---- */

/*
 * Is it the very file that was recorded? Where others make files, a number is not enough:
 * it may have been given to another one since, or on another node.
 */
static bool is_recorded(const struct way *way, const struct manifest_output *o,
			const struct output_which *which, int fd)
{
	return way->shared || node_dirs_hold(o->path) ? output_which_is_surely(which, fd)
						      : output_which_is(which, fd);
}

/* If not, may a stranger have put it there? */
static int check_owner(const struct way *way, const struct manifest_output *o,
		       const struct output_which *which, int fd, const struct stat *st,
		       struct error *e)
{
	if (is_recorded(way, o, which, fd))
		return 0;
	if (way->exposed && which->inode) {
		errno = EPERM;
		return error_set(
			e,
			"%s is another file than the job was writing, and others "
			"can write to a directory on the way there",
			o->path);
	}
	return way_check_file(way, o->path, st, which->traits.kind == OUTPUT_INPUT, e);
}

/*
 * Open what the job was writing. Its path may lead through directories in which others
 * write, and lead to another file now, of this user's or of a stranger's: links of others
 * are not followed, and it has to be the file that was recorded, or one that no stranger
 * can have put there. One that may not be opened is looked at as well: a stranger's is
 * no reason to ask the user for permissions.
 */
static int open_output(const struct manifest *m, size_t output, int flags,
		       struct error *e)
{
	const struct manifest_output *o = &m->outputs[output];
	struct output_which which = output_which(m, output);
	struct way way = way_of("");
	cleanup_close int fd = -1;
	bool denied = false;
	struct stat st;

	way.tolerant = true;
	fd = way_open_file(&way, o->path, flags | O_NOCTTY | O_NONBLOCK, e);
	if (fd < 0 && errno == EACCES && !(flags & O_CREAT)) {
		denied = true;
		fd = way_open_file(&way, o->path, O_PATH, e);
	}
	if (fd < 0 && errno != ENXIO)
		return -1;
	/* ENXIO: a pipe that nobody reads */
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return error_set(e,
				 "%s is not a regular file any more; put back the one "
				 "that it was",
				 o->path);
	}
	if (!(flags & O_CREAT) && check_owner(&way, o, &which, fd, &st, e) < 0)
		return -1;
	if (denied) {
		errno = EACCES;
		return error_sys(e, "%s", o->path);
	}
	return take_fd(fd);
}

/* One that is only read need not be writable. */
static int access_of(const struct output_which *which)
{
	return which->traits.kind == OUTPUT_INPUT ? O_RDONLY : O_WRONLY;
}

/* May what is behind its length be thrown away? */
static bool is_jobs_alone(const struct output_which *which, const char *path, int fd,
			  const struct output_past *past)
{
	struct stat st;

	if (past->stopped || which->traits.writers == OUTPUT_SHARED)
		return false;
	if (which->traits.writers == OUTPUT_NAMED ||
	    which->traits.kind == OUTPUT_SEQUEL || !past->is_alone)
		return true;
	return fstat(fd, &st) == 0 &&
	       past->is_alone(past->arg, path, &st, &which->traits);
}

/* ---- can it be put back? ---- */

static int explain_missing(const struct manifest_output *o,
			   const struct output_which *which, struct error *e)
{
	cleanup_free char *now = renamed_find(o->path, which->inode, &which->born);

	if (now)
		return error_set(e,
				 "%s was renamed, and is %s now; give it its name back",
				 o->path, now);
	return error_set(e,
			 "%s is not there, and the job was writing it; put it back, or "
			 "have the job continue without its first %llu bytes after "
			 "\"truncate -s %llu %s\"",
			 o->path, (unsigned long long)o->length,
			 (unsigned long long)o->length, o->path);
}

/* A copy can be put there only if there is a directory for it. */
static int check_missing(const struct manifest_output *o, struct error *e)
{
	cleanup_free char *dir = strdup(o->path);
	struct way way = way_of("");
	cleanup_close int fd = -1;

	if (!dir)
		return error_sys(e, "%s", o->path);
	if (node_dirs_hold(o->path)) /* made with the others */
		return 0;
	*strrchr(dir, '/') = '\0';
	way.tolerant = true;
	fd = way_walk(&way, *dir ? dir : "/", e);
	if (fd >= 0)
		return 0;
	if (errno != ENOENT && errno != ENOTDIR)
		return -1;
	return error_set(e,
			 "%s is not there, nor is its directory, and the job was writing "
			 "it; put the directory back, or have the job continue with a "
			 "new one after \"mkdir -p %s\"",
			 o->path, dir);
}

static int explain_other(const struct manifest_output *o, const char *now,
			 struct error *e)
{
	if (now)
		return error_set(e,
				 "%s is another file than the job was writing, which is "
				 "%s now; give that its name back, or move it to another "
				 "directory if the job is to continue with the new one",
				 o->path, now);
	return error_set(e,
			 "%s is another file than the job was writing, which is gone, "
			 "and is shorter; put back the %llu bytes that the job had "
			 "written",
			 o->path, (unsigned long long)o->length);
}

static int explain_short(const struct manifest_output *o, const struct stat *st,
			 struct error *e)
{
	return error_set(e,
			 "%s has %lld bytes, fewer than the %llu that the job had "
			 "written; put them back, or have the job continue with zeros in "
			 "their place after \"truncate -s %llu %s\"; a file that is "
			 "rewritten is kept with --checkpoint-files=copy",
			 o->path, (long long)st->st_size, (unsigned long long)o->length,
			 (unsigned long long)o->length, o->path);
}

/*
 * There is another file by its name. The job goes on with that if the one that it was is
 * gone: it may have been copied from one file system to another.
 */
static int check_other(const struct manifest *m, size_t output,
		       const struct output_past *past, int fd, const struct stat *st,
		       struct error *e)
{
	const struct manifest_output *o = &m->outputs[output];
	struct output_which which = output_which(m, output);
	cleanup_free char *now = renamed_find(o->path, which.inode, &which.born);

	if (now && is_jobs_alone(&which, o->path, fd, past) &&
	    renamed_could_return(m, o->path, which.inode, &which.born))
		return 0;
	if (!now && (uint64_t)st->st_size >= o->length)
		return 0;
	return explain_other(o, now, e);
}

/* It has no copy, and is what it was. */
static int check_there(const struct manifest *m, size_t output,
		       const struct output_past *past, const struct stat *st,
		       struct error *e)
{
	const struct manifest_output *o = &m->outputs[output];
	struct output_which which = output_which(m, output);

	if (which.traits.kind == OUTPUT_LEFT)
		return 0;
	if (which.traits.kind == OUTPUT_IN_PLACE && !past->stopped)
		return error_set(
			e,
			"%s was too large for a copy when the job was saved, and "
			"the job has run since, and may have changed it; put it "
			"back as it was",
			o->path);
	return (uint64_t)st->st_size < o->length ? explain_short(o, st, e) : 0;
}

static int explain_input(const struct manifest_output *o, const char *what,
			 struct error *e)
{
	return error_set(e,
			 "%s is another file on this node than the job was reading: its "
			 "%s differs",
			 o->path, what);
}

/* Another file is as good if it holds the same. */
static int check_input(const struct manifest *m, size_t output, int fd,
		       const struct stat *st, struct error *e)
{
	const struct manifest_output *o = &m->outputs[output];
	const struct manifest_file *copy =
		o->copy ? manifest_find_file(m, o->copy) : NULL;
	struct output_which which = output_which(m, output);
	char hex[DIGEST_HEX + 1];
	uint64_t size;

	if ((uint64_t)st->st_size != o->length)
		return explain_input(o, "size", e);
	if (!copy || output_which_is_surely(&which, fd))
		return 0;
	if (digest_of_fd(fd, o->path, o->length, hex, &size, e) < 0)
		return -1;
	return strcmp(hex, copy->digest) != 0 ? explain_input(o, "content", e) : 0;
}

static int explain_open(const struct manifest_output *o, const struct output_which *which,
			const struct output_past *past, struct error *e)
{
	if (errno == EACCES && which->traits.kind != OUTPUT_INPUT)
		return error_set(e,
				 "%s may not be written any more (%s); \"chmod u+w %s\" "
				 "or what forbids it is to be mended",
				 o->path, strerror(errno), o->path);
	if (errno != ENOENT)
		return error_prefix(e, "an output of the job");
	if (!past->stopped && renamed_find(o->path, which->inode, &which->born))
		return 0;
	return explain_missing(o, which, e);
}

static int check(const struct manifest *m, size_t output, const struct output_past *past,
		 struct error *e)
{
	const struct manifest_output *o = &m->outputs[output];
	struct output_which which = output_which(m, output);
	cleanup_close int fd = open_output(m, output, access_of(&which), e);
	struct stat st;

	if (fd < 0 && o->copy && (errno == ENOENT || errno == ENOTDIR))
		return check_missing(o, e);
	if (fd < 0)
		return explain_open(o, &which, past, e);
	if (fstat(fd, &st) < 0)
		return error_sys(e, "%s", o->path);
	if (which.traits.kind == OUTPUT_INPUT)
		return check_input(m, output, fd, &st, e);
	if (o->copy)
		return 0;
	return output_which_is(&which, fd) ? check_there(m, output, past, &st, e)
					   : check_other(m, output, past, fd, &st, e);
}

/* ---- put it back ---- */

static int make_missing(const struct manifest *m, size_t output, mode_t mode,
			struct error *e)
{
	cleanup_close int out = -1;

	out = open_output(m, output, O_WRONLY | O_CREAT | O_EXCL, e);
	if (out >= 0 && fchmod(out, mode & 0777) < 0)
		return error_sys(e, "%s", m->outputs[output].path);
	return take_fd(out);
}

/* What a database had written beside it since, and would now take for its last words. */
static void remove_journals(const struct manifest *m, size_t output)
{
	static const char *const kinds_of[] = { "-journal", "-wal", "-shm" };

	for (size_t i = 0; i < sizeof(kinds_of) / sizeof(kinds_of[0]); i++) {
		cleanup_free char *path =
			str_printf("%s%s", m->outputs[output].path, kinds_of[i]);
		bool recorded = false;

		for (size_t k = 0; path && k < m->noutputs; k++)
			recorded = recorded || !strcmp(m->outputs[k].path, path);
		if (path && !recorded)
			renamed_remove(path);
	}
}

/* It is as the job left it, or others have written to it since. */
static bool is_left_alone(const struct manifest_output *o,
			  const struct output_which *which,
			  const struct output_past *past, int fd)
{
	struct stat st;

	if (which->traits.kind == OUTPUT_INPUT)
		return true;
	return past->stopped && !which->traits.is_jobs_own &&
	       output_which_is(which, fd) && fstat(fd, &st) == 0 &&
	       (uint64_t)st.st_size >= o->length;
}

static int put_back_copy(const struct generation *gen, size_t output,
			 const struct output_past *past, struct error *e)
{
	const struct manifest *m = &gen->manifest;
	const struct manifest_output *o = &m->outputs[output];
	struct output_which which = output_which(m, output);
	cleanup_close int in =
		openat(gen->fd, o->copy, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	cleanup_close int out = open_output(m, output, access_of(&which), e);
	struct stat st;

	if (in < 0 || fstat(in, &st) < 0)
		return error_sys(e, "%s", o->copy);
	if (out >= 0 && is_left_alone(o, &which, past, out))
		return 0;
	/* Of a file that every node has for itself, another job may use the one here. */
	if (out >= 0 && node_dirs_hold(o->path) && !which.traits.is_jobs_own &&
	    !output_which_is(&which, out)) {
		renamed_remove(o->path);
		close(take_fd(out));
		out = open_output(m, output, O_WRONLY, e);
	}
	if (out < 0 && (errno == ENOENT || errno == ENOTDIR))
		out = make_missing(m, output, which.inode ? which.mode : st.st_mode, e);
	if (out < 0)
		return -1;
	if (which.traits.kind == OUTPUT_IN_PLACE && !past->stopped)
		remove_journals(m, output);
	if (ftruncate(out, 0) < 0)
		return error_sys(e, "%s", o->path);
	return file_copy(in, out, o->length, o->path, e);
}

static void tell_kept(const struct output_past *past, const struct manifest_output *o,
		      uint64_t bytes)
{
	if (!past->kept || past->kept->text[0])
		return;
	error_set(past->kept,
		  "%llu bytes that were appended to %s after the checkpoint are kept, "
		  "since another job may have written them; those that this job has "
		  "written will be there twice",
		  (unsigned long long)bytes, o->path);
}

static void tell_other(const struct output_past *past, const struct manifest_output *o)
{
	if (past->kept && !past->kept->text[0])
		error_set(past->kept,
			  "%s is another file than the job was writing, which is gone; "
			  "nothing of it was cut",
			  o->path);
}

int output_cut(const struct manifest *m, size_t output, const struct output_past *past,
	       struct error *e)
{
	const struct manifest_output *o = &m->outputs[output];
	struct output_which which = output_which(m, output);
	cleanup_close int out = open_output(m, output, O_WRONLY, e);
	unsigned long long job = 0;
	struct stat st;

	if (out < 0)
		return -1;
	if (fstat(out, &st) < 0)
		return error_sys(e, "%s", o->path);
	if (!output_which_is(&which, out))
		tell_other(past, o);
	if ((uint64_t)st.st_size <= o->length || !output_which_is(&which, out) ||
	    which.traits.kind == OUTPUT_LEFT || which.traits.kind == OUTPUT_IN_PLACE)
		return 0;
	(void)manifest_get_number(m, "job", UINT_MAX, &job);
	if (!is_jobs_alone(&which, o->path, out, past) &&
	    !tail_is_ours(o->path, o->length, past->job, (unsigned int)job)) {
		if (!past->stopped)
			tell_kept(past, o, (uint64_t)st.st_size - o->length);
		return 0;
	}
	return ftruncate(out, (off_t)o->length) < 0 ? error_sys(e, "%s", o->path) : 0;
}

static bool is_written(const struct output_which *which)
{
	return which->traits.kind != OUTPUT_LEFT && which->traits.kind != OUTPUT_INPUT;
}

static int put_back(const struct generation *gen, size_t output,
		    const struct output_past *past, struct error *e)
{
	const struct manifest *m = &gen->manifest;
	struct output_which which = output_which(m, output);

	if (!past->stopped && is_written(&which))
		renamed_return(m, m->outputs[output].path, which.inode, &which.born);
	if (m->outputs[output].copy)
		return put_back_copy(gen, output, past, e);
	return output_cut(m, output, past, e);
}

int output_is_there(const struct generation *gen, struct error *e)
{
	for (size_t i = 0; i < gen->manifest.noutputs; i++) {
		cleanup_close int fd = open_output(&gen->manifest, i, O_RDONLY, e);

		if (fd < 0 && errno == EPERM)
			return error_prefix(e, "an output of the job");
	}
	return 0;
}

int output_put_back(const struct generation *gen, const struct output_past *past,
		    struct error *e)
{
	const struct manifest *m = &gen->manifest;

	for (size_t i = 0; i < m->noutputs; i++) {
		if (check(m, i, past, e) < 0)
			return -1;
	}
	if (node_dirs_make(m, e) < 0)
		return -1;
	for (size_t i = 0; i < m->noutputs; i++) {
		if (put_back(gen, i, past, e) < 0)
			return -1;
	}
	return 0;
}
