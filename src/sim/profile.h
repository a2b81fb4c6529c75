/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * profile.h - how many CPUs are free from when on, with reservations.
 */
#ifndef SIM_PROFILE_H
#define SIM_PROFILE_H

#include <stddef.h>
#include <stdint.h>

struct profile_step {
	int64_t at; /* seconds; until the next step, the last one for ever */
	uint64_t free;
};

/* All zero to begin with; steps[0] is now. */
struct profile {
	struct profile_step *steps;
	size_t count, room;
};

/* Start anew: so many CPUs are free from this moment on. -1 without memory. */
int profile_begin(struct profile *p, int64_t now, uint64_t free);

/* So many more are free from a moment on that is not before any other step. */
int profile_append(struct profile *p, int64_t at, uint64_t cpus);

/* The first moment from which so many CPUs are free for so many seconds; -1: never. */
int64_t profile_find(const struct profile *p, uint64_t cpus, int64_t seconds);

/* Take them from then on for so long. -1 without memory. */
int profile_reserve(struct profile *p, int64_t at, int64_t seconds, uint64_t cpus);

void profile_free(struct profile *p);

#endif
