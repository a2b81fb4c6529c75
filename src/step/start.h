/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * start.h - the processes of a step's tasks, as slurmstepd would start them: each leader of
 * a process group, in srun's session, with all signals as they are by default.
 */
#ifndef STEP_START_H
#define STEP_START_H

#include "step/step.h"

/* What a program given by this name is, for a task in its directory. Owned; or NULL. */
char *start_find(const char *name);

/* Start all tasks. Their ends of the pipes are closed here. -1 and errno. */
int start_tasks(struct step *step);

#endif
