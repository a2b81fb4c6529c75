/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inside.h - requests for the job in which scheckpoint is called. They do not go through
 * Slurm: a connection to slurmctld, or a file that is watched, would be in the way of
 * the very checkpoint that is asked for.
 */
#ifndef CMD_INSIDE_H
#define CMD_INSIDE_H

#include "base/control.h"
#include "cmd/scheckpoint.h"

/* Is this a process of a job that is checkpointed? */
bool is_inside(void);

/* Ask the runner, and wait unless --no-wait is given. Returns an exit status. */
int ask_inside(const struct scheckpoint *s, enum control_command command);

#endif
