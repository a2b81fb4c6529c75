/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * takeover.h - in slurmstepd, make the runner the batch task.
 */
#ifndef SPANK_TAKEOVER_H
#define SPANK_TAKEOVER_H

#include <slurm/spank.h>

#include "spank/settings.h"

/*
 * In a task about to be executed, as the job's user. Does nothing but in a batch
 * step whose job is to be checkpointed. If that cannot be, the job is told, and
 * runs as without the plugin.
 */
void takeover(spank_t spank, const struct settings *settings);

#endif
