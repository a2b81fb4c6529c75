/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * batch.h - in a batch task: whether and how the job is to be checkpointed.
 */
#ifndef SPANK_BATCH_H
#define SPANK_BATCH_H

#include <slurm/spank.h>
#include <stdbool.h>

#include "base/conf.h"
#include "base/error.h"
#include "spank/options.h"
#include "spank/settings.h"

struct batch {
	struct options options;
	struct conf conf;
	char *conf_file;
	bool wanted;	    /* it is to be checkpointed, */
	bool possible;	    /* and that can be tried; */
	bool never;	    /* nor could it be anywhere; */
	struct error error; /* or why not */
};

/* Whether the task is a job's batch script. */
bool batch_is_step(spank_t spank);

/*
 * Read the options and the configuration. As the job's user, once for a task: the
 * plugin takes out of the environment what it was told there, and other plugins may
 * ask before and after. Not owned by the caller.
 */
struct batch *batch_read(spank_t spank, const struct settings *settings);

#endif
