/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * placed.h - a small cluster of placed nodes, for the tests of the policies that move jobs.
 */
#ifndef TEST_PLACED_H
#define TEST_PLACED_H

#include "plan/moves.h"

#define PLACED_NOW  100000
#define PLACED_MAX  32
#define PLACED_NONE UINT32_MAX

struct placed {
	struct cluster c;
	struct cluster_node nodes[PLACED_MAX];
	struct cluster_job jobs[PLACED_MAX];
	uint32_t at[PLACED_MAX]; /* of each job */
	size_t count;
	struct moves moves;
};

/* So many nodes of so many CPUs and 1000 MB each. */
void placed_init(struct placed *p, size_t nodes, uint32_t cpus);
void placed_free(struct placed *p);

/*
 * A job that has run for 5000 s on a node and has left seconds left, of 10 s of
 * checkpoint and 10 s of restart.
 */
struct cluster_job *placed_run(struct placed *p, uint32_t node, uint32_t cpus, long left);

/* A job of 1000 s that waits. */
struct cluster_job *placed_wait(struct placed *p, uint32_t cpus);

/* The i-th move is of this job, between these nodes. */
void placed_assert_move(const struct placed *p, size_t i, const struct cluster_job *job,
			size_t from, size_t to);

#endif
