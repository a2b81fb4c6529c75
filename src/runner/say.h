/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * say.h - the runner's own sentences, in the job's output.
 */
#ifndef RUNNER_SAY_H
#define RUNNER_SAY_H

#include "engine/engine.h"

/*
 * Print one line, "slurm-checkpoint: job N: " and the sentence, on the job's
 * standard error. While a job runs (run is not NULL) it is written as by the job
 * itself, so that what the job writes next comes after it.
 */
void say(const struct engine *engine, struct engine_run *run, unsigned int job,
	 const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
