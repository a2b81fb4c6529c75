// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "runner/own_output.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "store/node_dirs.h"
#include "store/node_files.h"
#include "store/output.h"

#define NODE_FILE_MAX (64 << 20) /* bytes */
#define BLOCK	      4096	 /* bytes */

static const int own[] = { STDOUT_FILENO, STDERR_FILENO };

/* The path that a descriptor was opened by, owned by the caller, or NULL. */
static char *path_of(int fd)
{
	cleanup_free char *link = str_printf("/proc/self/fd/%d", fd);

	return link ? realpath(link, NULL) : NULL;
}

/* Is it a regular file that the job writes and that still has a name? */
static bool is_output(int fd, struct stat *st)
{
	return fstat(fd, st) == 0 && S_ISREG(st->st_mode) && st->st_nlink > 0 &&
	       (fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDONLY;
}

static bool is_own(const struct stat *st)
{
	for (size_t i = 0; i < 2; i++) {
		struct stat ours;

		if (is_output(own[i], &ours) && ours.st_dev == st->st_dev &&
		    ours.st_ino == st->st_ino)
			return true;
	}
	return false;
}

/* ---- what is kept of a file ---- */

/* The number stands there by itself, and not as a part of a longer one. */
static bool has_number(const char *name, const char *number)
{
	size_t length = number ? strlen(number) : 0;

	for (const char *at = name; length && (at = strstr(at, number)); at++) {
		if ((at == name || !isdigit((unsigned char)at[-1])) &&
		    !isdigit((unsigned char)at[length]))
			return true;
	}
	return false;
}

/*
 * Is the file named for this job alone, as slurm-%j.out is? Elements of an array may
 * share a file with the array's number, which is one element's number, too.
 */
static bool is_named(const char *path, unsigned int job)
{
	const char *name = strrchr(path, '/') + 1;
	const char *array = getenv("SLURM_ARRAY_JOB_ID");
	cleanup_free char *number = str_printf("%u", job);

	if (!job || !number)
		return false;
	if (!array)
		return has_number(name, number);
	if (strcmp(array, number) != 0 && has_number(name, number))
		return true;
	return has_number(name, array) && has_number(name, getenv("SLURM_ARRAY_TASK_ID"));
}

static enum output_kind kind_of(const struct engine_file *file, const struct stat *st)
{
	if (!file->written)
		return OUTPUT_INPUT;
	if (file->elsewhere)
		return OUTPUT_IN_PLACE;
	if (file->appended)
		return OUTPUT_APPENDED;
	/* It may yet be written elsewhere, as a database is that is at its end just now.
	 */
	return file->reread && st->st_size <= OWN_OUTPUT_COPY_MAX ? OUTPUT_IN_PLACE
								  : OUTPUT_SEQUEL;
}

static struct output_traits traits_of(const struct engine_file *file,
				      const struct stat *st,
				      const struct own_output_keep *keep)
{
	struct output_traits traits = { .kind = kind_of(file, st),
					.is_jobs_own = is_own(st) };

	if (traits.kind == OUTPUT_IN_PLACE && keep->files == FILES_LENGTHS)
		traits.kind = OUTPUT_LEFT;
	if (is_named(file->path, keep->job))
		traits.writers = OUTPUT_NAMED;
	else if (file->shared && !traits.is_jobs_own)
		traits.writers = OUTPUT_SHARED;
	return traits;
}

/* One that may not be read cannot be copied. */
static bool may_copy(const struct engine_file *file, const struct stat *st, off_t max)
{
	return st->st_size <= max && (fcntl(file->fd, F_GETFL) & O_ACCMODE) == O_RDONLY;
}

/* Each takes a block of the file system at least. */
static bool takes_small(const struct engine_file *file, const struct stat *st,
			const struct output_traits *traits, struct own_output_keep *keep)
{
	off_t takes = st->st_size > BLOCK ? st->st_size : BLOCK;

	if (keep->files != FILES_AUTO || traits->writers == OUTPUT_SHARED ||
	    !may_copy(file, st, OWN_OUTPUT_SMALL_MAX) ||
	    keep->small_bytes + takes > OWN_OUTPUT_SMALL_ALL)
		return false;
	keep->small_bytes += takes;
	return true;
}

static bool needs_copy(const struct engine_file *file, const struct stat *st,
		       const struct output_traits *traits, struct own_output_keep *keep)
{
	/* A file that every node has for itself has to come along. */
	if (node_dirs_hold(file->path) && may_copy(file, st, NODE_FILE_MAX))
		return true;
	if (traits->kind == OUTPUT_INPUT)
		return false;
	if (traits->is_jobs_own)
		return !keep->appends;
	if (keep->files == FILES_COPY)
		return true;
	if (traits->kind == OUTPUT_SEQUEL)
		return takes_small(file, st, traits, keep);
	return traits->kind == OUTPUT_IN_PLACE && may_copy(file, st, OWN_OUTPUT_COPY_MAX);
}

/* It is put back neither by its length nor by a copy. */
static void note_large(struct own_output_keep *keep, const struct engine_file *file,
		       const struct stat *st)
{
	if (keep->large.text[0])
		return;
	error_set(&keep->large,
		  "%s (%s) is written elsewhere than at its end, and is too large to be "
		  "copied unasked; --checkpoint-files=copy copies it at each checkpoint, "
		  "and --checkpoint-files=lengths leaves it as it is when the job goes "
		  "back to an earlier one",
		  file->path, str_size((uint64_t)st->st_size).text);
}

int own_output_record(struct generation *gen, const struct engine_file *file,
		      struct own_output_keep *keep, struct error *e)
{
	struct output_traits traits;
	struct stat st;
	bool copy;

	if (!file->written && node_files_hold(file->path))
		return node_files_record(gen, file->path, file->fd, e);
	if (node_dirs_note(&gen->manifest, file->path) < 0)
		return error_sys(e, "%s", file->path);
	if (file->fd < 0) /* a directory */
		return 0;
	if (fstat(file->fd, &st) < 0)
		return error_sys(e, "%s", file->path);
	if (output_is_recorded(gen, &st))
		return 0;
	traits = traits_of(file, &st, keep);
	copy = needs_copy(file, &st, &traits, keep);
	if (traits.kind == OUTPUT_INPUT)
		keep->read_bytes += st.st_size;
	if (traits.kind == OUTPUT_INPUT && keep->read_bytes > NODE_FILE_MAX)
		return 0;
	/* One that is only read is left to criu to find. */
	if (traits.kind == OUTPUT_INPUT && !copy)
		return 0;
	if (traits.kind == OUTPUT_IN_PLACE && !copy)
		note_large(keep, file, &st);
	return output_record(gen, file->path, file->fd, copy, &traits, e);
}

int own_output_record_all(struct generation *gen, struct own_output_keep *keep,
			  struct error *e)
{
	for (size_t i = 0; i < 2; i++) {
		cleanup_free char *path = path_of(own[i]);
		cleanup_close int fd = -1;
		struct stat st;

		if (!path || !is_output(own[i], &st))
			continue;
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
		if (fd < 0)
			return error_sys(e, "%s", path);
		if (own_output_record(gen,
				      &(struct engine_file){ .path = path,
							     .fd = fd,
							     .written = true,
							     .appended = keep->appends },
				      keep, e) < 0)
			return -1;
	}
	return 0;
}

char *own_output_path(int fd)
{
	struct stat st;

	return is_output(fd, &st) ? path_of(fd) : NULL;
}

void own_output_truncate(void)
{
	for (size_t i = 0; i < 2; i++) {
		struct stat st;

		if (is_output(own[i], &st))
			(void)!ftruncate(own[i], 0);
	}
}

int own_output_record_start(struct manifest *m, unsigned int job, struct error *e)
{
	for (size_t i = 0; i < 2; i++) {
		cleanup_free char *path = path_of(own[i]);
		struct output_traits traits = { .kind = OUTPUT_APPENDED,
						.is_jobs_own = true };
		struct stat st;

		if (!path || !is_output(own[i], &st))
			continue;
		if (is_named(path, job))
			traits.writers = OUTPUT_NAMED;
		if (manifest_add_output(m, path, (uint64_t)st.st_size, NULL) < 0 ||
		    output_note(m, own[i], &traits) < 0)
			return error_sys(e, "%s", path);
	}
	return 0;
}

int own_output_start_over(const struct manifest *m, const struct output_past *past,
			  struct error *e)
{
	for (size_t i = 0; i < m->noutputs; i++) {
		struct stat st;

		if (stat(m->outputs[i].path, &st) == 0 &&
		    (uint64_t)st.st_size > m->outputs[i].length &&
		    output_cut(m, i, past, e) < 0)
			return -1;
	}
	return 0;
}

void own_output_settle(struct manifest *m)
{
	for (size_t i = 0; i < m->noutputs; i++) {
		struct stat st;

		if (stat(m->outputs[i].path, &st) == 0 && S_ISREG(st.st_mode) &&
		    (uint64_t)st.st_size > m->outputs[i].length)
			m->outputs[i].length = (uint64_t)st.st_size;
	}
}
