/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * checkpoint.h - take one checkpoint, in a process of its own.
 *
 * The runner stays free to answer signals. It can have a checkpoint given up, or
 * turned into one with which the job leaves: what is being written serves for that.
 */
#ifndef RUNNER_CHECKPOINT_H
#define RUNNER_CHECKPOINT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "engine/engine.h"
#include "plan/request.h"
#include "plan/worth.h"
#include "runner/task.h"

/* What a checkpoint is taken of and for. */
struct checkpoint {
	const struct task *task;
	struct folder *folder;
	const struct engine *engine;
	const struct engine_job *job;
	struct engine_run *run;
	enum request request;
	struct worth worth; /* of a checkpoint now */
};

/*
 * What came of it. In memory that is shared with the worker, which fills it as it gets
 * there: it holds no pointers, and what it says stands even if the worker is killed.
 */
struct checkpoint_result {
	bool told;	      /* the worker has lived to tell: all of this is so */
	bool committed;	      /* a generation is, whatever the clearing up says */
	int rc;		      /* 0: done as asked for */
	enum request request; /* the one that it came to serve */
	enum leaving leaving; /* unless LEAVE_NOT or LEAVE_IGNORE, the job is stopped */
	bool ended;	      /* the job has ended although it was to go on */
	bool gone;	      /* it has failed, as the job ended meanwhile */
	bool broken;	      /* it has failed, and the job is not to go on as it is */
	bool preempted;	      /* Slurm had chosen the job for preemption */
	bool unsaved;	      /* the job is to leave without, and is not stopped yet */
	bool superseded;      /* another start of the job has its folder */
	bool disallowed;      /* by a process of the job's, all the time */
	unsigned int generation;
	uint64_t bytes;
	double seconds;
	struct error error;
	struct error remark; /* what could not be cleared up after it, or empty */
};

struct checkpoint_shared;

/* A worker at work; pid is 0 if there is none. */
struct checkpoint_worker {
	pid_t pid;
	struct checkpoint_shared *shared;
	int cancel_fd; /* writing there has it given up */
	int ended_fd;  /* readable at the end of the worker */
	int done_fd;   /* readable at the end of the engine's last process */
};

/* -1 if it cannot be started: nothing has been done, and worker is as it was. */
int checkpoint_start(struct checkpoint_worker *worker, const struct checkpoint *c,
		     struct error *e);

/* Have it given up; checkpoint_finish() is still needed. */
void checkpoint_abort(const struct checkpoint_worker *worker);

/*
 * A stronger request has come. If the job still stands when all is written the
 * checkpoint serves it; else the result tells that it did not.
 */
void checkpoint_ask(const struct checkpoint_worker *worker, enum request request);

/*
 * Collect the result when both descriptors have become readable, and remove what
 * a failed checkpoint left. -1 if the worker did not live to tell: it has failed, unless
 * it had committed by then, and the job has ended with that.
 */
int checkpoint_finish(struct checkpoint_worker *worker, const struct checkpoint *c,
		      struct checkpoint_result *result);

#endif
