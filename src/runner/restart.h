/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * restart.h - have a job go on from the newest generation that will do.
 */
#ifndef RUNNER_RESTART_H
#define RUNNER_RESTART_H

#include "engine/engine.h"
#include "runner/cpu_record.h"
#include "runner/task.h"

enum restart_outcome {
	RESTART_NONE,	   /* there is no generation: the job has to start */
	RESTART_RUNNING,   /* it goes on */
	RESTART_DAMAGED,   /* no generation is whole: e says why the last was refused */
	RESTART_ELSEWHERE, /* a whole one there is, but it cannot go on here: e says why
			    */
	RESTART_LESSER,	   /* the same, since this node's CPU or files are not those of
			      others: e says which */
	RESTART_CANCELLED, /* the job was cancelled meanwhile */
};

struct restarted {
	const struct engine *engine;
	struct engine_run *run;
	unsigned int generation;
	struct cpu_restored cpu;
	double cost;	      /* seconds that its checkpoint took */
	double seconds;	      /* from the beginning of the restore until it runs */
	struct error refused; /* why a newer one was not taken, or empty */
	struct error remark;  /* what is not as it was, or empty */
	struct error kept;    /* what was not cut of its outputs, or empty */
};

/*
 * Verify the generations from the newest on, put the job's outputs back to the
 * first that is whole, and restore it. If that fails none before it is tried: its
 * outputs are shorter, and with them the newer one would be lost.
 *
 * With newest, unless it is 0, those after it are passed over, and removed when the job
 * goes on: what it writes from then on is not what they belong to.
 */
enum restart_outcome restart(struct engine_job *job, unsigned int newest,
			     struct restarted *restarted, struct error *e);

#endif
