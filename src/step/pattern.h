/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pattern.h - names of files of a step's tasks, such as "out.%j.%2t".
 */
#ifndef STEP_PATTERN_H
#define STEP_PATTERN_H

#include <stdbool.h>

/* What the letters stand for; numbers as text, as Slurm has them. */
struct pattern_values {
	const char *job;	/* %j */
	const char *array_job;	/* %A; NULL: the job */
	const char *array_task; /* %a, and %b: its last digit */
	const char *job_name;	/* %x */
	const char *node;	/* %N */
	const char *user;	/* %u */
	unsigned int step;	/* %s; %J is %j.%s */
};

/* Has each task a file of its own? */
bool pattern_is_per_task(const char *pattern);

/* Is it one that we can expand as Slurm does? */
bool pattern_is_plain(const char *pattern);

/* The name for a task (%t; %n is the node's number, which is 0). Owned by the caller. */
char *pattern_expand(const char *pattern, const struct pattern_values *values,
		     unsigned int task);

#endif
