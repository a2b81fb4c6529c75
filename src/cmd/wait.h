/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wait.h - wait for what the runners of jobs make of requests.
 */
#ifndef CMD_WAIT_H
#define CMD_WAIT_H

#include "cmd/scheckpoint.h"
#include "slurm/jobs.h"
#include "store/event.h"

/* A job that was asked something. */
struct asked {
	const struct job_entry *job;
	char *name;
	struct folder folder;
	struct event_reader *reader;
	bool pending; /* it has been asked and has not answered */
	bool saved;   /* a checkpoint was taken since, and not for the interval */
	int status;
	unsigned long long written; /* bytes of the checkpoint, when last looked at */
};

/* Is this event the job's answer? Then what it comes to is told, and status set. */
typedef bool (*answer_fn)(const struct scheckpoint *s, struct asked *asked,
			  const struct event *event);

/*
 * Wait until all that are pending have answered, are over, or --timeout has passed. A
 * line of progress is shown on a terminal. What did not answer is complained of.
 */
int wait_for_answers(const struct scheckpoint *s, struct asked *asked, size_t count,
		     answer_fn answer, struct error *e);

/*
 * Then, of those whose status is EXIT_DONE: wait until slurmctld has them back, held.
 * It tells nobody of that, and is asked once a second, for all of them at once.
 */
int wait_until_held(const struct scheckpoint *s, struct asked *asked, size_t count,
		    struct error *e);

#endif
