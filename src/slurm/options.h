/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * options.h - the options of sbatch with which a job could be submitted once more.
 */
#ifndef SLURM_OPTIONS_H
#define SLURM_OPTIONS_H

#include <stdio.h>

#include "base/error.h"

/*
 * Write to out what slurmctld knows of a job's request, as options of sbatch, each
 * ended by a zero byte. Neither where it happened to run, nor its script, input and
 * output, nor what it waited for.
 */
int options_of_job(unsigned int job, FILE *out, struct error *e);

#endif
