/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * output.h - the files that a job was writing, put back to what they were.
 *
 * A job that goes on from a generation writes again what it wrote after it. So the
 * length of every file that was open for writing belongs to the generation. What is
 * behind it is cut before the job goes on if only the job can have written it. Others
 * may append to the same file: what may be theirs stays. A file that is written elsewhere
 * than at its end belongs to the generation with its content; and so does one that Slurm
 * itself truncates when it starts the job again (its output, without --open-mode=append).
 */
#ifndef STORE_OUTPUT_H
#define STORE_OUTPUT_H

#include <stdbool.h>
#include <sys/stat.h>
#include <time.h>

#include "base/error.h"
#include "store/generation.h"

/* How the job uses a file. */
enum output_kind {
	OUTPUT_APPENDED, /* each write goes to its end, wherever others have moved that */
	OUTPUT_SEQUEL, /* it is written on from where the job stands, which is its end */
	OUTPUT_IN_PLACE, /* it is written elsewhere, too, or in memory */
	OUTPUT_INPUT,	 /* it is only read */
	OUTPUT_LEFT,	 /* as IN_PLACE, and its user wants it left as it is */
};

/* Who writes to it, as far as was known when it was recorded. */
enum output_writers {
	OUTPUT_UNKNOWN,
	OUTPUT_NAMED,  /* it is named for this job alone */
	OUTPUT_SHARED, /* somebody else has written to it */
};

/* All that is recorded of a file beside its path and its length. */
struct output_traits {
	enum output_kind kind;
	enum output_writers writers;
	bool is_jobs_own; /* Slurm opened it: the job's standard output or error */
};

/* Has the regular file described by st been recorded in gen already? */
bool output_is_recorded(const struct generation *gen, const struct stat *st);

/*
 * Record a regular file that is open at path. fd is any descriptor of it, and readable if
 * with_content is true. What was written to it so far is flushed to the disk, so that a
 * crash cannot make it shorter than recorded.
 */
int output_record(struct generation *gen, const char *path, int fd, bool with_content,
		  const struct output_traits *traits, struct error *e);

/*
 * Which files the outputs are, beside their paths: an attribute, "INODE MODE " for each
 * in their order. A file system has the same number for a file on every node; for its
 * device it has not.
 */
#define OUTPUT_FILES "output-files"

/*
 * And, "KIND WRITERS OWNER BORN " for each: when it was made, as seconds and nanoseconds,
 * tells a file from a later one with the same inode. 0 where the file system has no such
 * time.
 */
#define OUTPUT_TRAITS "output-traits"

/* Note both of one that has just been added. -1 without memory. */
int output_note(struct manifest *m, int fd, const struct output_traits *traits);

/* Of a generation: the job stopped with it, and had written nothing behind the lengths.
 */
#define OUTPUT_STOPPED "stopped"

/* What is known, when outputs are put back, of what happened since they were recorded. */
struct output_past {
	bool stopped;	  /* the job has stopped then, and has not run since */
	unsigned int job; /* its number now, by which our and Slurm's lines are known */
	/*
	 * Has no other job since been able to write to the file? Asked of files of which
	 * that is not known otherwise. NULL: there are no other jobs.
	 */
	bool (*is_alone)(void *arg, const char *path, const struct stat *st,
			 const struct output_traits *traits);
	void *arg;
	struct error *kept; /* becomes one sentence on what was not cut, if anything */
};

/*
 * Cut one to its length, if it is still the file that it was, and only the job can have
 * written what is behind.
 */
int output_cut(const struct manifest *m, size_t output, const struct output_past *past,
	       struct error *e);

/*
 * Is every recorded file there whose content is not in the generation, and has no
 * stranger put another one in the place of any?
 */
int output_is_there(const struct generation *gen, struct error *e);

/*
 * Put every recorded file back. Links of strangers are followed nowhere on the way to it,
 * and where a directory on the way is open to them it has to be the same file. -1, with
 * nothing changed, and a sentence that says what to do, if one of them is missing or has
 * become shorter than it was and has no copy, or may not be written, or is no regular
 * file any more, or is another one.
 */
int output_put_back(const struct generation *gen, const struct output_past *past,
		    struct error *e);

#endif
