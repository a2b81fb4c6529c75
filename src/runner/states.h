/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * states.h - the states of a job under its runner, and what follows from what happens.
 *
 * All of it is one table, in states.c. No failure of ours is a way from a job that runs
 * to one that does not: what cannot be begun, or fails, leaves the job as it was.
 */
#ifndef RUNNER_STATES_H
#define RUNNER_STATES_H

#include <stdbool.h>

enum state {
	/* The runner stays with the job. */
	STATE_RUNS,	      /* no checkpoint is being taken */
	STATE_SAVED_ITSELF,   /* it has ended saying so: a checkpoint of that is due */
	STATE_SAVING,	      /* a worker takes a checkpoint */
	STATE_SAVING_GONE,    /* the same, and the job has ended meanwhile */
	STATE_SAVING_ITSELF,  /* the same, and it has ended saying that it is saved */
	STATE_SAVING_MISTAKE, /* the same, and Slurm has ended it by mistake */
	STATE_SAVING_RIVAL,   /* the same, and another start of the job waits for us */

	/* It does not stay: what it does now. */
	STATE_ENDS,	 /* ends as the job has ended */
	STATE_LEAVES,	 /* the job is stopped, and goes back to Slurm */
	STATE_CONTINUES, /* the job has ended with its checkpoint, and continues here */
	STATE_GOES_BACK, /* the job was harmed, and continues from the one before */
	STATE_AGAIN,	 /* the job saved itself, no checkpoint was kept: run it again */
	STATE_RETURNS,	 /* the job was ended by mistake, and goes back to Slurm */
	STATE_YIELDS,	 /* another start of the job has its folder: end this one */
	STATES
};

enum happening {
	/* The job */
	HAPPENS_END,	   /* has ended */
	HAPPENS_END_SAVED, /* has ended in the way that says that it has saved itself */

	/* From outside */
	HAPPENS_MISTAKE, /* Slurm ends it by an order for an earlier start (order.h) */
	HAPPENS_RIVAL,	 /* another start of the job has its folder */

	/* A checkpoint */
	HAPPENS_BEGUN,	     /* is being taken */
	HAPPENS_NOT_BEGUN,   /* could not be begun, or may not be */
	HAPPENS_KEPT,	     /* is committed, and the job was to run on */
	HAPPENS_KEPT_STOP,   /* is committed, and the job is stopped, to leave */
	HAPPENS_KEPT_ENDED,  /* is committed, and has ended the job, which is to run on */
	HAPPENS_UNSAVED,     /* is not worth it: the job is to leave without */
	HAPPENS_UNWANTED,    /* is not wanted, when Slurm was asked */
	HAPPENS_FAILED,	     /* has failed */
	HAPPENS_HARMED,	     /* has failed, and the job cannot go on as it is */
	HAPPENS_HARMED_STOP, /* the same, and it was to leave */
	HAPPENINGS
};

/* What follows in a state in which the runner stays. */
enum state states_next(enum state state, enum happening happening);

/* Is a worker at work? */
bool states_is_saving(enum state state);

/* Does the runner stay with the job? */
bool states_stays(enum state state);

#endif
