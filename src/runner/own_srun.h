/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * own_srun.h - the srun of the job's own, which stands in the place of Slurm's in the job's
 * mount namespace (step/main.c).
 */
#ifndef RUNNER_OWN_SRUN_H
#define RUNNER_OWN_SRUN_H

#include "runner/runner.h"

/*
 * If the job is to have one: where both are to be mounted, and what ours has to know of the
 * cluster. Where that cannot be had the job has Slurm's srun, and its output says why.
 */
void own_srun_prepare(struct runner *r);

#endif
