/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * supervise.h - stay with a running job until it ends or leaves.
 */
#ifndef RUNNER_SUPERVISE_H
#define RUNNER_SUPERVISE_H

#include "engine/engine.h"
#include "plan/worth.h"
#include "runner/control.h"
#include "runner/task.h"

enum supervise_outcome {
	SUPERVISE_ENDED,      /* the job has ended: status */
	SUPERVISE_LOST,	      /* it was killed from outside, with its namespaces */
	SUPERVISE_QUEUE,      /* it is saved and stopped, and to be requeued */
	SUPERVISE_HOLD,	      /* the same, and to be held */
	SUPERVISE_LEFT,	      /* the same, and Slurm requeues it when the runner ends */
	SUPERVISE_MISLED,     /* it was ended by mistake: runner/order.h */
	SUPERVISE_AGAIN,      /* it has ended with a checkpoint, and goes on here */
	SUPERVISE_BACK,	      /* it is to go on from the checkpoint before: e says why */
	SUPERVISE_UNKEPT,     /* it is saved only by itself: there is no checkpoint */
	SUPERVISE_SUPERSEDED, /* another start of the job has its folder: end this one */
	SUPERVISE_FAILED      /* the runner cannot go on: e */
};

struct supervision {
	const struct task *task;
	struct folder *folder;
	const struct engine *engine;
	const struct engine_job *job;
	struct engine_run *run;
	const char *passed_over; /* engines before it, and why; or "" */
	struct control *control; /* by which the job's own processes ask */
	int status;		 /* wait status */
	bool warned;		 /* Slurm has warned of preemption or the time limit */
	bool terminated;	 /* Slurm has ended it, by SIGTERM */
	unsigned int disabled;	 /* how often, without having been enabled since */
	unsigned int restored;	 /* how often the job went on from a checkpoint */
	double cost;		 /* seconds that a checkpoint takes, by the last one */
	double lost;		 /* seconds of work left behind unsaved since then */
	struct worth unsaved;	 /* if it leaves without a checkpoint, why; or zero */
	unsigned int hasty;	 /* starts in a row after which it ended soon, unasked */
	unsigned int broken;	 /* checkpoints in a row that have harmed it */
	/*
	 * Signals for the job, to be passed on at the beginning; and, when the job
	 * leaves, those that came too late to be passed on.
	 */
	sigset_t held;
};

/*
 * Take checkpoints every interval and on request, pass on signals, and return when
 * the job has ended or left. All signals are blocked in the caller. Sleeps unless
 * there is something to do.
 */
enum supervise_outcome supervise(struct supervision *s, struct error *e);

#endif
