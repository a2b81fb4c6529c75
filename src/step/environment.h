/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * environment.h - the variables that a step's tasks find.
 */
#ifndef STEP_ENVIRONMENT_H
#define STEP_ENVIRONMENT_H

#include "step/step.h"

/* In srun's own environment: what is the same for all tasks. -1 without memory. */
int environment_of_step(const struct step *step);

/* In the environment of a task's process, which we are. */
int environment_of_task(const struct step *step, long task);

#endif
