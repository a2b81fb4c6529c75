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

/* Is every recorded file there whose content is not in the generation? */
int output_is_there(const struct generation *gen, struct error *e);

/*
 * Put every recorded file back. -1, with nothing changed, if one of them is missing
 * or has become shorter than it was and has no copy, or may not be written, or is
 * no regular file any more.
 */
int output_put_back(const struct generation *gen, struct error *e);

#endif
