/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * relocate.h - a job that leaves says to Slurm where it wants to go on.
 *
 * Slurm takes that only from a job that is pending, and a pending job may start at any
 * moment: but not as long as it is still leaving its nodes. That is just when its runner
 * is still there, having requeued it. So the runner changes the request, and whoever
 * wanted it need not be there any more. What the job itself had asked for is kept in its
 * folder before, and put back when it next leaves, unless it is moved then, too.
 */
#ifndef RUNNER_RELOCATE_H
#define RUNNER_RELOCATE_H

#include "runner/task.h"
#include "store/folder.h"
#include "store/move.h"

/*
 * Is this start of the job to be moved? Then whether it is to be held. -1 and why if it
 * is not.
 */
int relocate_wanted(const struct task *task, const struct folder *folder, bool *hold,
		    struct error *e);

/*
 * The job has been requeued and this process, which is its batch task, is still there. -1
 * if its request could not be changed: it goes on wherever Slurm has it go on.
 */
int relocate(const struct task *task, struct folder *folder, struct error *e);

/* Is something of the job's own request to be put back? */
bool relocate_is_due(const struct folder *folder);

/*
 * Could another node than those of a hostlist take the job? -1 and why if Slurm says
 * that none ever could.
 */
int relocate_is_possible(const struct task *task, const char *nodes, struct error *e);

/*
 * As relocate(), for a job that is to go on on none of these nodes, besides those that it
 * refuses already: what it asks for is kept and put back as for a move.
 */
int relocate_away(const struct task *task, struct folder *folder, const char *nodes,
		  struct error *e);

#endif
