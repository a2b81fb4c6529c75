/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * runner.h - the parts of the program "runner". Used inside runner/ alone.
 */
#ifndef RUNNER_RUNNER_H
#define RUNNER_RUNNER_H

#include "engine/engine.h"
#include "plan/request.h"
#include "plan/worth.h"
#include "runner/control.h"
#include "runner/illegal.h"
#include "runner/scratch.h"
#include "runner/task.h"

struct runner {
	struct task task;
	struct folder folder;
	int lock; /* on the folder; -1 where there is none */
	struct scratch scratch;
	struct engine_job job;
	const struct engine *engine;
	struct engine_run *run;
	struct restoration restored; /* how this start went on */
	struct error passed_over;    /* engines before it, and why; or empty */
	struct error over;	     /* why it starts over; empty: it does not */
	double cost;		     /* seconds that the last checkpoint took, or 0 */
	struct worth unsaved;	     /* it leaves without one, see supervise.h */
	char *script;		     /* the store's copy */
	char **argv;		     /* the task, with that */
	char **envp;		     /* its environment, bound to its CPU baseline */
	char *tmpdir;		     /* the job's TMPDIR, or NULL: it is none of ours */
	char *old_tmpdir;	     /* as Slurm gave it, or NULL */
	bool started;		     /* once, from its beginning, by this start */
	bool terminated;	     /* as in supervise.h */
	unsigned int hasty;	     /* as in supervise.h */
	unsigned int broken;	     /* as in supervise.h */
	struct loop *loop;	     /* what supervise.h needs, made before the job is */
	int signals;
	char *srun;    /* Slurm's, whose place the job's own takes; or NULL */
	char *control; /* the directory by which the job speaks with the runner, */
	struct control *hears; /* and the runner's end */
};

/* ---- prepare.c ---- */

/*
 * The job's folder, its record and this node's directory. A job that is to go on from
 * another one's checkpoints takes that one's folder over.
 */
int prepare(struct runner *r, struct error *e);

/* The job starts over: what it has written before, and nobody else has, is cut. */
int start_outputs_over(struct runner *r, struct error *e);

/* Readable when the job is cancelled. Owned by the caller. */
int open_cancel_fd(void);

/* Become the script, and say why that is all. Does not return. */
void run_unprotected(struct runner *r, const struct error *e) __attribute__((noreturn));

/* ---- finish.c: each ends the runner ---- */

/* The job has ended with this wait status. */
void end(struct runner *r, int status) __attribute__((noreturn));

/* It had ended, and was started once more: end as it ended. Returns if it had not. */
void end_again(struct runner *r);

/* It cannot go on here, but its checkpoints are whole: keep it for elsewhere. */
void hold(struct runner *r, const struct error *e) __attribute__((noreturn));

/*
 * It is not to go on on this node, but on another: queue it again, for none of this kind;
 * or hold it, if no other node could take it. No failure, and nothing of it was touched.
 */
void go_elsewhere(struct runner *r, const struct error *e) __attribute__((noreturn));

/* No checkpoint can be restored, and it may not start over. */
void fail(struct runner *r, const struct error *e) __attribute__((noreturn));

/* It was killed, by this signal. */
void end_killed(struct runner *r, int signum) __attribute__((noreturn));

/* It was cancelled before it went on. */
void end_cancelled(struct runner *r) __attribute__((noreturn));

/*
 * It is saved and stopped, and Slurm is told to queue it, or to hold it, or does so by
 * itself. Returns if Slurm does not take it back: -1 and why. The text is for the job's
 * history; NULL: there is nothing to say.
 */
int leave(struct runner *r, enum leaving how, const char *text, struct error *e);

#endif
