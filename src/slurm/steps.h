/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * steps.h - the steps that a job's script starts with srun, on all nodes of the job.
 */
#ifndef SLURM_STEPS_H
#define SLURM_STEPS_H

#include <time.h>

#include "base/error.h"

/*
 * How many run; -1 if slurmctld does not tell. With newest, when the newest of them
 * began, seconds since 1970.
 */
int steps_running(unsigned int job, time_t *newest, struct error *e);

/*
 * Send a signal to every process of theirs, and not to the script. An element of an array
 * can do that with its own steps alone.
 */
int steps_signal(unsigned int job, int signum, struct error *e);

/*
 * Kill them, and wait until none runs any more. -1 also when cancel_fd becomes readable,
 * and if one is still there after half a minute.
 */
int steps_end(unsigned int job, int cancel_fd, struct error *e);

#endif
