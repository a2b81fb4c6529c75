/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rival.h - another start of the same job, which waits for this one to end.
 *
 * Slurm has given this one up and does not know that it runs: the node's slurmd cannot be
 * reached, or slurmctld has forgotten it. The other one says so in the job's folder.
 */
#ifndef RUNNER_RIVAL_H
#define RUNNER_RIVAL_H

#include <stdbool.h>

#include "store/folder.h"

/*
 * A descriptor that is readable when there may be one, or the folder may have been
 * removed; or -1. A network file system does
 * not tell of what another node has written: there it is seen at the next checkpoint.
 */
int rival_watch(const struct folder *folder);

/* The folder was made again: have the same descriptor watch it. */
void rival_watch_again(int watch, const struct folder *folder);

/* It is readable: is there one? */
bool rival_has_come(int watch, const struct folder *folder);

#endif
