/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record.h - what a job's record remembers from one start to the next.
 */
#ifndef RUNNER_RECORD_H
#define RUNNER_RECORD_H

#include <signal.h>

#include "runner/task.h"
#include "store/folder.h"

#define ATTR_WARNED   "warned"	 /* Slurm has warned of preemption or the time limit */
#define ATTR_ENDED    "ended"	 /* wait status of a job that may be started again */
#define ATTR_REQUEUED "requeued" /* it was, by itself or its user, when it last ended */
#define ATTR_SIGNALS  "signals"	 /* to be passed on when the job goes on */
#define ATTR_DISABLED "disabled" /* how often checkpoints are */
#define ATTR_LOST     "lost"	 /* milliseconds of work, since the last checkpoint */
#define ATTR_RESTORED "restored" /* how often the job went on from a checkpoint */

/*
 * Who runs the job now: a runner of fewer restarts commits nothing any more. What
 * scheckpoint left there for this start is taken out: the newest generation to go on
 * from, or 0.
 */
int record_start(struct folder *folder, const struct task *task, unsigned int *generation,
		 struct error *e);

/* Say in the record that there is another start of the job, before it has the lock. */
int record_claim(struct folder *folder, const struct task *task, struct error *e);

/* Numbers that count; 0 if they are not there. */
unsigned int record_count(const struct folder *folder, const char *attribute);
void record_set_count(struct folder *folder, const char *attribute, unsigned int count);

/* Signals that have to wait for the next start. */
void record_save_held(struct folder *folder, const sigset_t *held);
void record_load_held(const struct folder *folder, sigset_t *held);

#endif
