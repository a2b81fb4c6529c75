/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * strays.h - processes of a step that have outlived its tasks. Slurm knows them by their
 * cgroup; we know them by the number of the step in the environment that they were started
 * with, and by their process group. One that has neither any more stays.
 */
#ifndef STEP_STRAYS_H
#define STEP_STRAYS_H

#include <sys/types.h>

/* Kill all processes of a step of a job, but for us, until there is none. */
void strays_kill(const char *job, unsigned int step);

#endif
