/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * interval.h - the timer of the checkpoints that a job's interval asks for, and how it is
 * chosen.
 */
#ifndef RUNNER_INTERVAL_H
#define RUNNER_INTERVAL_H

#include <sys/types.h>

#include "runner/task.h"
#include "store/folder.h"

struct interval {
	const struct task *task;
	const struct folder *folder;
	double due;  /* seconds of uptime at which the next checkpoint is; 0: never */
	int answer;  /* readable when slurmdbd has told how often nodes fail; or -1 */
	pid_t asker; /* who asks it */
	double cost; /* seconds that a checkpoint takes; 0: not known */
	double mtbf; /* seconds between failures of the job's nodes */
	long chosen; /* seconds, of --checkpoint=auto, that was last told of */
};

/* interval_close() it when done. */
void interval_open(struct interval *interval, const struct task *task,
		   const struct folder *folder);
void interval_close(struct interval *interval);

/*
 * Until the next checkpoint of the job's own accord; one that is chosen by what a
 * checkpoint costs, in seconds, is told of when it has changed by much.
 */
void interval_set(struct interval *interval, double cost);

/* The answer is there: the interval is chosen by it. The descriptor is closed. */
void interval_hear(struct interval *interval);

#endif
