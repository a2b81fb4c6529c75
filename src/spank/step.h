/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * step.h - in slurmstepd, for the steps that a checkpointed job starts with srun: they
 * see the directories that its script sees.
 */
#ifndef SPANK_STEP_H
#define SPANK_STEP_H

#include <slurm/spank.h>

#include "spank/settings.h"

/*
 * In a task about to be executed, as the job's user. Where the job has directories of its
 * own on this node, task-exec runs before the task and enters them (join.h). Does nothing
 * in a batch step.
 */
void step_follow(spank_t spank, const struct settings *settings);

#endif
