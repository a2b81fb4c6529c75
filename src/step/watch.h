/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watch.h - srun while its tasks run: their output, their ends, signals, limits of time.
 */
#ifndef STEP_WATCH_H
#define STEP_WATCH_H

#include "step/step.h"
#include "step/streams.h"

/* Block the signals that srun answers, before the tasks are started: a signalfd, or -1. */
int watch_block_signals(void);

/* They are as they were. */
void watch_unblock_signals(void);

/* Until all tasks have ended: srun's exit status. */
int watch(struct step *step, struct streams *streams, int signals);

#endif
