// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/pids.h"

#include <stdint.h>
#include <stdlib.h>

/* The kernel's RESERVED_PIDS: where it begins again when it has used all numbers. */
#define WRAPPED 300

/* The job's own next processes are to have room before those of a restore. */
#define MARGIN 100

/* Share of a range by which steps leave the widest gaps: the golden ratio's. */
#define STEP 0.6180339887498949

static uint64_t common_divisor(uint64_t a, uint64_t b)
{
	while (b) {
		uint64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

pid_t pids_first(unsigned int job, pid_t limit)
{
	uint64_t range, step;

	if (limit < 2 * PIDS_FIRST + PIDS_FOR_RESTORE)
		return WRAPPED;
	range = (uint64_t)(limit - PIDS_FIRST - PIDS_FOR_RESTORE);
	step = (uint64_t)((double)range * STEP);
	/* So that each number of the range comes once. */
	while (common_divisor(step, range) != 1)
		step++;
	return PIDS_FIRST + (pid_t)(job * step % range);
}

static int compare(const void *a, const void *b)
{
	const pid_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

pid_t pids_gap(pid_t *used, size_t count, pid_t limit)
{
	pid_t before = WRAPPED, best = WRAPPED, widest = 0;

	if (count)
		qsort(used, count, sizeof(*used), compare);
	if (count && used[count - 1] + MARGIN + PIDS_FOR_RESTORE <= limit)
		return used[count - 1] + MARGIN;
	for (size_t i = 0; i < count; i++) {
		if (used[i] - before > widest) {
			widest = used[i] - before;
			best = before;
		}
		if (used[i] > before)
			before = used[i];
	}
	return best;
}
