/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * quiet.h - keep libslurm from writing to standard error.
 *
 * It says there, at some length, what it returns as an error as well. In the runner that
 * would stand in the job's output, and in a command beside the sentence that is printed.
 */
#ifndef SLURM_QUIET_H
#define SLURM_QUIET_H

/* From here on nothing is written; what quiet_end() needs. errno is kept by both. */
int quiet_begin(void);
void quiet_end(int saved);

#endif
