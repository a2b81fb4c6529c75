/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * interval.h - how often a job is best saved.
 */
#ifndef PLAN_INTERVAL_H
#define PLAN_INTERVAL_H

/*
 * Seconds from the end of one checkpoint to the beginning of the next, so that as
 * little time as can be is lost to checkpoints and, when a node fails, to work done
 * twice. cost is what a checkpoint takes and mtbf the mean time between failures of
 * the job's nodes, both in seconds; a cost of 0 is one that is not known yet, and taken
 * for ten seconds. At least a second.
 *
 * J. T. Daly, "A higher order estimate of the optimum checkpoint interval for restart
 * dumps", Future Generation Computer Systems 22 (2006), equation 37.
 */
long interval_daly(double cost, double mtbf);

#endif
