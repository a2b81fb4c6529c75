/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * submit.h - what the plugin does in sbatch.
 */
#ifndef SPANK_SUBMIT_H
#define SPANK_SUBMIT_H

#include <slurm/spank.h>

#include "spank/options.h"
#include "spank/settings.h"

/* Before sbatch reads any option: let it see those in SBATCH_ variables. */
void submit_read_environment(void);

/*
 * When sbatch has read the options of the job, or of a component of it: refuse
 * wrong ones, and prepare a job that is to be checkpointed.
 */
void submit_prepare(spank_t spank, const struct settings *settings,
		    const struct options *options);

#endif
