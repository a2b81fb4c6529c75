/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * srun_value.h - the values of srun's options, as Slurm's srun reads them: words whatever
 * their case. A value that is missing (NULL) or none of its kind is -1.
 */
#ifndef STEP_SRUN_VALUE_H
#define STEP_SRUN_VALUE_H

#include <stdbool.h>
#include <stdint.h>

/* What follows a prefix; NULL if it is not there. */
const char *srun_value_behind(const char *text, const char *prefix);

bool srun_value_is(const char *text, const char *word);

/* A whole number of at least min. */
int srun_value_number(const char *arg, long min, long *value);

/* MiB, or what K, M, G or T behind it says. */
int srun_value_memory(const char *arg, uint64_t *mib);

/*
 * Minutes, minutes:seconds, hours:minutes:seconds, or days-hours[:minutes[:seconds]]; 0 if
 * there is no limit.
 */
int srun_value_time(const char *arg, long *seconds);

#endif
