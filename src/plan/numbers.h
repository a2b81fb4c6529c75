/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * numbers.h - sets of CPUs or NUMA nodes, as the kernel writes them ("0-3,8"), and where
 * those that something was bound to are on another node.
 */
#ifndef PLAN_NUMBERS_H
#define PLAN_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NUMBERS_MAX 8192 /* what Linux has CPUs for at most */

struct numbers {
	uint64_t bits[NUMBERS_MAX / 64];
};

/* -1 if text is no list of numbers below NUMBERS_MAX, or empty. */
int numbers_parse(struct numbers *n, const char *text);

/* Owned by the caller; "" for none, NULL without memory. */
char *numbers_format(const struct numbers *n);

bool numbers_has(const struct numbers *n, size_t number);
void numbers_add(struct numbers *n, size_t number);
size_t numbers_count(const struct numbers *n);

enum numbers_move {
	NUMBERS_MOVED,	/* each has a place of its own */
	NUMBERS_SHARED, /* fewer are there: some have the place of others */
	NUMBERS_NONE,	/* none was the job's: all of those there */
};

/*
 * What "bound", of a job that had "had", is where the job has "has", which is not empty:
 * the one at the job's Nth place is the one at its Nth place there, counted anew from the
 * first where there are fewer. All of the job's are all of the job's. What was not the
 * job's is left out.
 */
enum numbers_move numbers_move(struct numbers *there, const struct numbers *bound,
			       const struct numbers *had, const struct numbers *has);

#endif
