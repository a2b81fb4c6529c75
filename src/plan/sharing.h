/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sharing.h - could another job of the same user have written to a file?
 *
 * Jobs share files by a name that they all have: the output that Slurm opens for each of
 * them, or a path that their script names, which is below the directory where they work,
 * or anywhere.
 */
#ifndef PLAN_SHARING_H
#define PLAN_SHARING_H

#include <stdbool.h>

/* A job, as Slurm knows it. Text may be NULL where Slurm does not tell it any more. */
struct sharing_job {
	unsigned int id;
	unsigned int array;	 /* number of its array, or 0 */
	unsigned int array_task; /* its own in that */
	const char *directory;	 /* in which it works */
	const char *output;	 /* as --output and --error are, with "%" in them */
	const char *error;
};

/*
 * Could other write to the file at path? is_own: it is self's standard output or error,
 * so that other would have it for the same.
 */
bool sharing_may(const struct sharing_job *self, const struct sharing_job *other,
		 const char *path, bool is_own);

/*
 * Does a pattern of --output come to this path, for a job? What cannot be told of it, as
 * "%N", may be anything. Directories are not compared: links may lead to the same.
 */
bool sharing_matches(const struct sharing_job *job, const char *pattern,
		     const char *path);

#endif
