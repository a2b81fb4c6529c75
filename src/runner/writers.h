/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * writers.h - has another job of the user been able to write to this one's outputs?
 *
 * Locks and open files of other nodes nobody tells. What Slurm tells is which jobs the
 * user has had, and where they work. Other users do not count, nor does what the user
 * does without a job.
 */
#ifndef RUNNER_WRITERS_H
#define RUNNER_WRITERS_H

#include <stdbool.h>
#include <time.h>

#include "store/output.h"

struct writers {
	unsigned int job;    /* 0: Slurm knows nothing of it, and there are no others */
	unsigned int before; /* what it was called when it was saved, if it is another */
	time_t since;	     /* the checkpoint */
};

/* For output_past.is_alone; arg is a struct writers. */
bool writers_is_alone(void *arg, const char *path, const struct stat *st,
		      const struct output_traits *traits);

#endif
