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
	unsigned int cpus;	   /* free */
	unsigned long long memory; /* free, MB */
	unsigned int jobs;	   /* that run there, or are to, */
	unsigned int others;	   /* and those of them that are another user's */
};

struct fit_request {
	unsigned int nodes;
	unsigned int cpus;	   /* on each, */
	unsigned long long memory; /* and MB */
	bool whole_nodes;	   /* alone */
	bool no_others;		   /* with jobs of the same user alone */
	bool spread;		   /* rather where most is free than where least is */
};

/*
 * The nodes that are chosen, as many as are asked for, of those that are allowed. False
 * if there are not as many.
 */
bool fit_find(const struct fit_node *nodes, size_t count, const bool *allowed,
	      const struct fit_request *request, size_t *chosen);

/* Take room on one node for it. */
void fit_take(struct fit_node *node, const struct fit_request *request);

#endif
