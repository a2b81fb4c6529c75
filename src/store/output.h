/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * output.h - the files that a job was writing, put back to what they were.
 *
 * A job that goes on from a generation writes again what it wrote after it. So
 * the length of every file that was open for writing belongs to the generation,
 * and the file is cut to it before the job goes on. A file that Slurm itself
 * truncates when it starts the job again (its output, without
 * --open-mode=append) belongs to it with its content.
 */
#ifndef STORE_OUTPUT_H
#define STORE_OUTPUT_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/error.h"
#include "store/generation.h"

/* Has the regular file described by st been recorded in gen already? */
bool output_is_recorded(const struct generation *gen, const struct stat *st);

/*
 * Record a regular file that is open for writing at path. fd is any descriptor of
 * it, and readable if with_content is true. What was written to it so far is
 * flushed to the disk, so that a crash cannot make it shorter than recorded.
 */
int output_record(struct generation *gen, const char *path, int fd, bool with_content,
		  struct error *e);

/*
 * Which files the outputs are, beside their paths: an attribute, "INODE MODE " for each
 * in their order. A file system has the same number for a file on every node; for its
 * device it has not.
 */
#define OUTPUT_FILES "output-files"

/* Note it of one that has just been added. -1 without memory. */
int output_note(struct manifest *m, const struct stat *st);

/* Cut one to its length, if it is still the file that it was (output_put_back). */
int output_cut(const struct manifest *m, size_t output, struct error *e);

/*
 * Is every recorded file there whose content is not in the generation, and has no
 * stranger put another one in the place of any?
 */
int output_is_there(const struct generation *gen, struct error *e);

/*
 * Put every recorded file back. Links of strangers are followed nowhere on the way to it,
 * and where a directory on the way is open to them it has to be the same file. -1, with
 * nothing changed, if one of them is missing or has become shorter than it was and has no
 * copy, or may not be written, or is no regular file any more.
 */
int output_put_back(const struct generation *gen, struct error *e);

#endif
