/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * srun_table.h - every option of srun's, of whichever release, and every variable that it
 * reads, with what each of them sets.
 */
#ifndef STEP_SRUN_TABLE_H
#define STEP_SRUN_TABLE_H

#include <stddef.h>

#include "step/srun_options.h"

/* Where a value comes from: some are the tasks' to know only from the command line. */
enum srun_source { SRUN_ENVIRONMENT, SRUN_COMMAND_LINE };

/* arg is NULL for an option without one. -1: Slurm's srun will not take it. */
typedef int (*srun_set_fn)(struct srun_options *o, const char *arg,
			   enum srun_source source);

struct srun_option {
	const char *name;
	int letter;  /* 0: none */
	int has_arg; /* as getopt_long(3) has it */
	srun_set_fn set;
};

extern const struct srun_option srun_table[];
extern const size_t srun_table_count;

/* In the order in which they are read, so of two that set the same the later counts. */
struct srun_variable {
	const char *name;
	srun_set_fn set;
};

extern const struct srun_variable srun_variables[];
extern const size_t srun_variables_count;

#endif
