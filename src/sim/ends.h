/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ends.h - when CPUs are expected to become free: a sorted array in blocks with sums.
 */
#ifndef SIM_ENDS_H
#define SIM_ENDS_H

#include <stddef.h>
#include <stdint.h>

#define ENDS_BLOCK 512 /* entries of a block, at most */

struct ends_entry {
	int64_t at; /* seconds */
	uint64_t cpus;
};

struct ends_block {
	size_t count;
	uint64_t cpus; /* the sum */
	struct ends_entry entries[ENDS_BLOCK];
};

/* All zero to begin with. */
struct ends {
	struct ends_block **blocks; /* none is empty */
	size_t count, room;
};

/* -1 without memory. */
int ends_add(struct ends *ends, int64_t at, uint64_t cpus);

/* Take out one entry, which has been added with the same values. */
void ends_remove(struct ends *ends, int64_t at, uint64_t cpus);

/*
 * The first moment by which at least need CPUs have become free, and in *freed how many
 * have by then. -1 if there are never so many.
 */
int64_t ends_find(const struct ends *ends, uint64_t need, uint64_t *freed);

void ends_free(struct ends *ends);

#endif
