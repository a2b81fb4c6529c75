/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * interval.h - the timer of the checkpoints that a job's interval asks for.
 */
#ifndef RUNNER_INTERVAL_H
#define RUNNER_INTERVAL_H

#include "runner/task.h"
#include "store/folder.h"

struct interval {
	int timer;   /* readable when the next checkpoint is due */
	long chosen; /* seconds, of --checkpoint=auto, that was last told of */
};

/* -1 and errno if there is no timer to be had. */
int interval_open(struct interval *interval);

/*
 * Until the next checkpoint of the job's own accord; one that is chosen by what a
 * checkpoint costs, in seconds, is told of when it has changed by much.
 */
int interval_set(struct interval *interval, const struct task *task,
		 const struct folder *folder, double cost);

/* It has passed. */
void interval_drain(const struct interval *interval);

#endif
