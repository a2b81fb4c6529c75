/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * supervise.h - stay with a running job until it ends or leaves.
 */
#ifndef RUNNER_SUPERVISE_H
#define RUNNER_SUPERVISE_H

#include "base/loop.h"
#include "engine/engine.h"
#include "plan/request.h"
#include "plan/worth.h"
#include "runner/control.h"
#include "runner/states.h"
#include "runner/task.h"

struct supervision {
	const struct task *task;
	struct folder *folder;
	const struct engine *engine;
	const struct engine_job *job;
	struct engine_run *run;
	const char *passed_over; /* engines before it, and why; or "" */
	struct control *control; /* by which the job's own processes ask */
	struct loop *loop;	 /* with nothing in it */
	int signals;		 /* a signalfd of all signals, which are blocked */
	int status;		 /* of STATE_ENDS: wait status; -1: it was killed from
				    outside, with its namespaces */
	bool status_known;	 /* the same */
	enum leaving leaving;	 /* of STATE_LEAVES: how */
	bool warned;		 /* Slurm has warned of preemption or the time limit */
	bool terminated;	 /* Slurm has ended it, by SIGTERM */
	bool ordered;		 /* and that was its order to end, and no user's signal */
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
 * the job has ended or leaves: a state in which the runner does not stay; e says why of
 * STATE_GOES_BACK. It cannot fail: all that it needs it has. Sleeps unless there is
 * something to do.
 */
enum state supervise(struct supervision *s, struct error *e);

#endif
