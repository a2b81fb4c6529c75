/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * network.h - in whose network the job is (--checkpoint-net).
 */
#ifndef STEP_NETWORK_H
#define STEP_NETWORK_H

#include <stdbool.h>

/*
 * Is it the job's own? Connections within it are saved with the job; but tasks of Slurm's
 * srun, which are outside, cannot connect to that.
 */
bool network_is_own(void);

#endif
