/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * supervisor.h - what supervise.c, saving.c, able.c and hear_job.c share. Used by them
 * alone.
 */
#ifndef RUNNER_SUPERVISOR_H
#define RUNNER_SUPERVISOR_H

#include <stdbool.h>

#include "base/loop.h"
#include "plan/request.h"
#include "runner/checkpoint.h"
#include "runner/control.h"
#include "runner/interval.h"
#include "runner/remake.h"
#include "runner/supervise.h"

#define SUPERVISOR_DISABLED "checkpoints of the job are disabled"

struct supervisor {
	struct supervision *s;
	struct loop *loop;
	int signals;
	struct interval interval;
	int deadline;
	int rival;	       /* readable when there may be another start; or -1 */
	struct remake remake;  /* for a folder that is removed meanwhile */
	int event;	       /* of the job's end; -1 once it has come */
	unsigned int waiting;  /* requests */
	struct checkpoint now; /* the one being taken */
	struct checkpoint_worker worker;
	int worker_ends;     /* of its two descriptors, those still open */
	const char *aborted; /* why the one being taken was given up, or NULL */
	bool asked;	     /* the job has been asked to save itself since it began */
	double began;	     /* seconds of uptime */
	double since;	     /* when the job was saved or began, the same */
	bool superseded;     /* another start of the job waits for the end of this one */
	bool misled;	     /* SUPERVISE_MISLED, when no checkpoint is being taken */
	double continued;    /* when SIGCONT came last, the same */
	bool finished;
	enum supervise_outcome outcome;
	struct error last; /* what was said last, not to be said again */
};

/* ---- supervise.c ---- */

/* If the job's folder was removed, make it again, and say so. */
void supervisor_remake(struct supervisor *v);

/* ---- saving.c ---- */

/* Seconds, also those in which the node sleeps. */
double supervisor_uptime(void);

/* The job begins, or goes on, now. */
void supervisor_begin(struct supervisor *v);

/* A request is to be done as soon as it can be. */
int supervisor_ask(struct supervisor *v, enum request request, struct error *e);

/* Break off the checkpoint that is being taken, if any; why is "" if nobody is told. */
void supervisor_give_up(struct supervisor *v, const char *why);

/* There is another start of the job: this one ends, without a word to Slurm. */
void supervisor_yield(struct supervisor *v);

/* Slurm has ended it by mistake. */
void supervisor_give_back(struct supervisor *v);

/* The signals that came while the job was being saved: they would have disturbed it. */
void supervisor_pass_on_held(struct supervisor *v);

/* The job's own descriptor is ready: it has ended; arg is the supervisor. */
int supervisor_job_ended(void *arg, struct error *e);

/* ---- able.c ---- */

/* Allow checkpoints again, or not any more; counted. */
int supervisor_enable(struct supervisor *v, bool yes, struct error *e);

/* Could the job be saved now? One sentence why not; or what there is to say. */
int supervisor_check_able(struct supervisor *v, struct error *e);

/* The same as an event, with the engines that were passed over. */
void supervisor_answer_able(struct supervisor *v);

/* ---- hear_job.c ---- */

/* Answer a request of the job's own processes (base/control.h); arg is the supervisor. */
void supervisor_hear_job(void *arg, const struct control_request *request,
			 struct control_reply *reply);

#endif
