/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * supervisor.h - what supervise.c, saving.c, able.c and hear_job.c share. Used by them
 * alone.
 */
#ifndef RUNNER_SUPERVISOR_H
#define RUNNER_SUPERVISOR_H

#include <stdbool.h>

#include "plan/request.h"
#include "runner/checkpoint.h"
#include "runner/control.h"
#include "runner/interval.h"
#include "runner/remake.h"
#include "runner/states.h"
#include "runner/supervise.h"

#define SUPERVISOR_DISABLED "checkpoints of the job are disabled"

struct supervisor {
	struct supervision *s;
	enum state state;
	struct interval interval;
	double deadline;      /* of the checkpoint being taken, seconds of uptime; or 0 */
	double again;	      /* when what could not be begun is tried again, or 0 */
	int rival;	      /* readable when there may be another start; or -1 */
	struct remake remake; /* for a folder that is removed meanwhile */
	int event;	      /* of the job's end; -1 once it has come */
	unsigned int waiting; /* requests */
	struct checkpoint now; /* the one being taken */
	struct checkpoint_worker worker;
	int worker_ends;     /* of its two descriptors, those still open */
	const char *aborted; /* why the one being taken was given up, or NULL */
	bool asked;	     /* the job has been asked to save itself since it began */
	double began;	     /* seconds of uptime */
	double since;	     /* when the job was saved or began, the same */
	double continued;    /* when SIGCONT came last, the same */
	struct error last;   /* what was said last, not to be said again */
	struct error back;   /* of STATE_GOES_BACK: why */
};

/* ---- supervise.c ---- */

/* If the job's folder was removed, make it again, and say so. */
void supervisor_remake(struct supervisor *v);

/* ---- saving.c ---- */

/* The job begins, or goes on, now. */
void supervisor_begin(struct supervisor *v);

/* A request is to be done as soon as it can be. */
void supervisor_ask(struct supervisor *v, enum request request);

/* Requests wait: begin with the first of them, if it can be begun now. */
void supervisor_begin_next(struct supervisor *v);

/* What has happened to the job, but for the results of checkpoints. */
void supervisor_happens(struct supervisor *v, enum happening happening);

/* Break off the checkpoint that is being taken, if any; why is "" if nobody is told. */
void supervisor_give_up(struct supervisor *v, const char *why);

/* The signals that came while the job was being saved: they would have disturbed it. */
void supervisor_pass_on_held(struct supervisor *v);

/* The job's own descriptor is ready: it has ended; arg is the supervisor. */
int supervisor_job_ended(void *arg, struct error *e);

/* ---- able.c ---- */

/* Allow checkpoints again, or not any more; counted. */
void supervisor_enable(struct supervisor *v, bool yes);

/* Could the job be saved now? One sentence why not; or what there is to say. */
int supervisor_check_able(struct supervisor *v, struct error *e);

/* The same as an event, with the engines that were passed over. */
void supervisor_answer_able(struct supervisor *v);

/* ---- hear_job.c ---- */

/* Answer a request of the job's own processes (base/control.h); arg is the supervisor. */
void supervisor_hear_job(void *arg, const struct control_request *request,
			 struct control_reply *reply);

#endif
