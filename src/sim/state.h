/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * state.h - the inside of a simulation, which its schedulers share.
 */
#ifndef SIM_STATE_H
#define SIM_STATE_H

#include <stddef.h>

#include "plan/cluster.h"
#include "sim/ends.h"
#include "sim/heap.h"
#include "sim/placed.h"
#include "sim/queue.h"
#include "sim/sim.h"

struct sim_job {
	struct cluster_job job; /* its id is its place in the trace */
	struct heap_item event; /* its end, or when it is saved */
	struct queue_item wait; /* while it waits */
	int64_t expected;	/* when its CPUs are expected to be free */
	int64_t run;		/* seconds of work, which no policy knows */
	double image;		/* bytes */
	/* Of a job that is placed. */
	uint32_t *at;	      /* its nodes: place.nodes */
	uint32_t one;	      /* the same of a job that has one */
	uint32_t from;	      /* the node that it is leaving for that; PLACED_NOWHERE */
	uint32_t promised;    /* the node that is kept for it; PLACED_NOWHERE */
	int64_t expected_end; /* while it moves: when it is expected to have ended */
};

struct sim {
	const struct trace *trace;
	const struct sim_options *options;
	struct sim_result *result;
	struct cluster c;
	struct heap events;
	struct ends ends;
	struct queue queue;
	struct preempt_plan plan;
	struct moves moves;
	struct placed placed;
	size_t arrived; /* of the trace */
	size_t finished;
	double disk;	 /* until when the shared file system is busy */
	int64_t counted; /* until when the use of CPUs is summed up */
	double used;	 /* CPU seconds until then */
	struct error *e;
};

#define SIM_JOB(pointer, member) \
	((struct sim_job *)(void *)((char *)(pointer)-offsetof(struct sim_job, member)))

/* Give a waiting job its CPUs now, of which enough are free. */
int sim_start(struct sim *s, struct sim_job *job);

/* Have a running job saved, after which it waits. */
int sim_checkpoint(struct sim *s, struct sim_job *job);

/* Have a running job on one node continue on another, where it has room. */
int sim_move(struct sim *s, struct sim_job *job, size_t to);

/* How long a waiting job is expected to use its CPUs when it has been given them. */
int64_t sim_length(const struct sim_job *job);

/* ---- schedulers: start what may be started now ---- */

int easy_pass(struct sim *s);	   /* easy.c */
int main_pass(struct sim *s);	   /* backfill.c: the first ones, as long as they fit */
int backfill_cycle(struct sim *s); /* backfill.c */

/* ---- policies, once a cycle: policy.c ---- */

int order_cycle(struct sim *s);
int preempt_cycle(struct sim *s);
int defragment_cycle(struct sim *s);
int compact_cycle(struct sim *s);

#endif
