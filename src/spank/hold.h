/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hold.h - in a task, as its user: have Slurm requeue the job and hold it.
 */
#ifndef SPANK_HOLD_H
#define SPANK_HOLD_H

#include <stdint.h>

/* -1 if slurmctld does not, or this slurmstepd has no way to ask it. */
int hold_job(uint32_t job);

#endif
