/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cost.h - how long checkpoints and restarts take, by the size of a job's image.
 */
#ifndef SIM_COST_H
#define SIM_COST_H

#include <stdint.h>

struct cost_model {
	uint64_t memory; /* bytes for each CPU of a job whose trace does not say */
	double fixed;	 /* seconds of a checkpoint or restart of no bytes at all */
	double rate;	 /* bytes a second that each node writes or reads */
	double shared;	 /* bytes a second that the shared file system does, for all */
	uint32_t node_cpus;
};

extern const struct cost_model cost_defaults;

/* Bytes of the image of a job; memory is the trace's, in MiB a CPU, or 0. */
double cost_image(const struct cost_model *m, uint32_t cpus, uint32_t memory);

/*
 * Whole seconds, rounded up, from now until the image is written or read. *busy is when
 * the shared file system has done what it was asked for before, and is moved on: what is
 * asked for first is done first. NULL: it is idle.
 */
long cost_seconds(const struct cost_model *m, double image, uint32_t cpus, long now,
		  double *busy);

#endif
