/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * request.h - what a runner is asked to do, and in which order it does it.
 */
#ifndef PLAN_REQUEST_H
#define PLAN_REQUEST_H

#include <stdbool.h>
#include <time.h>

/* Bits, so that several can wait. A higher one is done first. */
enum request {
	REQUEST_NONE = 0,
	REQUEST_INTERVAL = 1 << 0, /* the interval has passed */
	REQUEST_CREATE = 1 << 1,   /* checkpoint and go on */
	REQUEST_LOOK = 1 << 2,	   /* a signal of the user's own: is it the warning? */
	REQUEST_WARN = 1 << 3,	   /* Slurm's warning: preemption or time limit */
	REQUEST_REQUEUE = 1 << 4,  /* checkpoint, leave the nodes, be queued */
	REQUEST_VACATE = 1 << 5,   /* checkpoint, leave the nodes, be held */
};

enum leaving {
	LEAVE_NOT,   /* checkpoint and go on */
	LEAVE_QUEUE, /* checkpoint, stop, requeue */
	LEAVE_HOLD,  /* checkpoint, stop, requeue held */
	LEAVE_END,   /* checkpoint, stop, end: Slurm requeues by itself */
	LEAVE_IGNORE /* no checkpoint is wanted */
};

/* The request to do first of those waiting. */
enum request request_first(unsigned int waiting);

/*
 * Those that still wait when one has begun. What is asked for afterwards is about the
 * job as it will be then, and not served by the one that has begun.
 */
unsigned int request_after(unsigned int waiting, enum request begun);

/* Should a checkpoint that is being taken for running serve asked instead? */
bool request_overrides(enum request running, enum request asked);

/* What a request's outcome depends on. */
struct request_facts {
	bool preempted;	      /* Slurm has chosen the job for preemption */
	bool requeued_at_end; /* and will requeue it when it ends */
	bool eternal;	      /* the job goes on over its time limit */
	/* Slurm takes such an end for a failure, and so many are left until it holds it
	 */
	unsigned int failures_left;
	bool kept_out; /* Slurm would not take it back into the queue */
};

enum leaving request_leaving(enum request request, const struct request_facts *facts);

/* A word for the generation's record, and events: doc/store-format.md has them. */
const char *request_reason(enum request request, bool preempted);

#endif
