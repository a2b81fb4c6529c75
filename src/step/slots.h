/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slots.h - which steps of the job run, and what of its CPUs and memory each has.
 *
 * No process coordinates: all sruns of a job share a table in a file of the job's own
 * /dev/shm, and lock bytes of that file:
 *
 *	MUTEX		held while the table is read and written, for microseconds
 *	TICKETS + n	held by the nth that came, until it has what it asked for
 *	ENTRIES + i	held by the owner of entry i, as long as its step lives
 *
 * Who asks waits until nobody with a lower ticket does, so steps start in the order in
 * which they were asked for; then until one of the owners ends, which a pidfd tells. The
 * kernel drops the locks of a process that ends in whatever way, so nothing can be lost.
 * The table counts the job's CPUs by position, since after a restart they are others.
 */
#ifndef STEP_SLOTS_H
#define STEP_SLOTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "step/binding.h"
#include "step/demand.h"

struct slots {
	int fd;		   /* with the locks: whoever has it has the step's share */
	unsigned int step; /* its number */
	bool mine[BINDING_CPUS_MAX]; /* by position among the job's CPUs */
	long cpus;		     /* how many of them */
};

enum slots_answer {
	SLOTS_TAKEN,
	SLOTS_NO_MEMORY, /* steps that run have it, and a step that shares does not wait */
	SLOTS_FAILED,	 /* and one sentence */
};

/*
 * Have what a step demands for; it may take its time: waits() is called once before it
 * does. cpus are the job's, mem its memory in MiB.
 */
enum slots_answer slots_take(struct slots *s, const struct demand *demand,
			     const struct cpus *cpus, uint64_t mem, void (*waits)(void),
			     struct error *e);

#endif
