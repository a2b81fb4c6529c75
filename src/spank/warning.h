/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * warning.h - Slurm's warning before preemption and the time limit (sbatch --signal).
 */
#ifndef SPANK_WARNING_H
#define SPANK_WARNING_H

#include <slurm/spank.h>
#include <stdbool.h>

/*
 * In sbatch: have Slurm warn the runner, and it alone, grace seconds before the time
 * limit; unless the user has other plans for it. -1 where this sbatch does not let a
 * plugin say so.
 */
int warning_ask(spank_t spank, unsigned int grace);

/*
 * In sbatch: the --signal that the user wants for steps, and not for the script; NULL if
 * there is none. Slurm's memory.
 */
const char *warning_of_steps(void);

/* In the batch task: is it the runner that Slurm warns? To be asked once. */
bool warning_is_ours(spank_t spank);

#endif
