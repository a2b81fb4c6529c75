/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * worth.h - is a checkpoint worth what it costs when a job has to leave its nodes?
 */
#ifndef PLAN_WORTH_H
#define PLAN_WORTH_H

#include <stdbool.h>

/* All in seconds. */
struct worth {
	bool saved;  /* there is a checkpoint from which the job could go on */
	double cost; /* what a checkpoint takes, by the last one */
	double work; /* that the job has done since it was saved, or was restored */
	double lost; /* that it left behind like this since then, in earlier runs */
};

/*
 * Saving takes the nodes for as long as the checkpoint takes, and leaving without costs
 * the work since the last. The less of the two is chosen. But what was left behind
 * before counts as well: a job that is preempted again and again, however soon, would get
 * nowhere otherwise. So between two checkpoints no more is lost like this than one of
 * them costs.
 */
bool worth_saving(const struct worth *w);

#endif
