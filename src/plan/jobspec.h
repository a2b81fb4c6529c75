/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jobspec.h - jobs as Slurm's commands name them: 123, 123_4, 123_[1-5,7], 123_*, and
 * lists of these with commas.
 */
#ifndef PLAN_JOBSPEC_H
#define PLAN_JOBSPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define JOBSPEC_NO_TASK UINT32_MAX /* of a job that is no element of an array */

struct jobspec_range {
	uint32_t first, last;
};

/* One item of a list. */
struct jobspec {
	char *text; /* as it was given */
	uint32_t job;
	bool tasks; /* some elements of an array, and not the job or the whole array */
	struct jobspec_range *ranges;
	size_t nranges;
};

struct jobspec_list {
	struct jobspec *specs;
	size_t count;
};

/* Add what text names to the list. jobspec_free() it also after a failure. */
int jobspec_parse(struct jobspec_list *list, const char *text, struct error *e);

/*
 * Is this the job, or an element of the array, that spec names? array is the number of
 * the array and task the element's, which has a job id of its own; JOBSPEC_NO_TASK and
 * 0 for a job that is none.
 */
bool jobspec_matches(const struct jobspec *spec, uint32_t job, uint32_t array,
		     uint32_t task);

/* The name of a job, as Slurm writes it; owned by the caller, NULL without memory. */
char *jobspec_name(uint32_t job, uint32_t array, uint32_t task);

void jobspec_free(struct jobspec_list *list);

#endif
