/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fit.h - which nodes have room for a job. It is an estimate that costs nothing, for all
 * jobs of a plan together, which Slurm's own is not; in the end Slurm decides.
 */
#ifndef PLAN_FIT_H
#define PLAN_FIT_H

#include <stdbool.h>
#include <stddef.h>

struct fit_node {
	unsigned int cpus;	   /* free, */
	unsigned long long memory; /* and MB */
	unsigned int jobs;	   /* that run there, or are to: */
	unsigned int user;	   /* of this user, */
	bool mixed;		   /* and of others */
};

struct fit_request {
	unsigned int nodes;
	unsigned int cpus;	   /* on each, */
	unsigned long long memory; /* and MB */
	unsigned int user;
	bool alone;	/* on nodes where no other job is, */
	bool no_others; /* or none of another user */
	bool spread;	/* rather where most is free than where least is */
};

/*
 * The nodes that are chosen, as many as are asked for, of those that are allowed. False
 * if there are not as many.
 */
bool fit_find(const struct fit_node *nodes, size_t count, const bool *allowed,
	      const struct fit_request *request, size_t *chosen);

/* Is there room on this node for one node's part of it? */
bool fit_has_room(const struct fit_node *node, const struct fit_request *request);

/* Take room on one node for it. */
void fit_take(struct fit_node *node, const struct fit_request *request);

#endif
