/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * placed.h - jobs on nodes: CPUs and memory of each, instead of CPUs that are counted.
 */
#ifndef SIM_PLACED_H
#define SIM_PLACED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan/cluster.h"
#include "sim/machine.h"
#include "sim/power.h"
#include "sim/trace.h"

struct sim;
struct sim_job;

#define PLACED_NOWHERE UINT32_MAX

struct placed {
	bool on; /* or else CPUs are counted */
	struct power power;
	struct fit_node *later;	  /* free when the head starts, and the head is there */
	uint32_t *order;	  /* nodes, while some are chosen */
	bool *promised;		  /* of each node: to a job that waits */
	struct sim_job **awaited; /* these jobs */
	size_t awaited_count;
	struct placed_end *ends;
	size_t end_room;
};

/*
 * How the job is placed: the least nodes of a kind of which there are enough, and the
 * same of each. False if the machine cannot hold it.
 */
bool placed_shape(const struct machine *m, const struct trace_job *job, bool exclusive,
		  struct cluster_place *place);

/* Leave out what no nodes of the machine can hold. */
void placed_fit(struct trace *t, const struct machine *m, bool exclusive);

int placed_init(struct sim *s);
void placed_free(struct sim *s);

/* The job has the nodes in place.nodes from now on. Seconds until they have booted. */
long placed_take(struct sim *s, const struct cluster_job *job);
long placed_take_node(struct sim *s, const struct cluster_job *job, size_t node);
void placed_give_node(struct sim *s, const struct cluster_job *job, size_t node);
void placed_give(struct sim *s, const struct cluster_job *job);

/* Keep a node for a job that waits, until that starts. */
void placed_promise(struct sim *s, struct sim_job *job, size_t node);
void placed_keep_no_more(struct sim *s, struct sim_job *job);

/* EASY: start what may be started now. */
int placed_pass(struct sim *s);

/* Is on each node what its jobs say? */
bool placed_adds_up(const struct sim *s);

#endif
