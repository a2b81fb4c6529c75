/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mtbf.h - how often nodes fail, by slurmdbd's records.
 */
#ifndef SLURM_MTBF_H
#define SLURM_MTBF_H

#include "base/error.h"

/*
 * Mean time between failures of a set of nodes (a hostlist), in seconds: the last
 * year's time until the set had one more failure than it had. A failure is an event of
 * state DOWN; nodes that were drained or shut down on purpose are not counted. -1 if
 * slurmdbd does not tell.
 */
int mtbf_of_nodes(const char *nodes, double *seconds, struct error *e);

#endif
