/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * random.h - numbers that look random, the same for the same seed on every machine.
 */
#ifndef SIM_RANDOM_H
#define SIM_RANDOM_H

#include <stdint.h>

struct sim_random {
	uint64_t state; /* any seed */
};

/* The next number, by splitmix64 (Steele, Lea and Flood, OOPSLA 2014). */
uint64_t sim_random_next(struct sim_random *r);

/* From 0 to below 1. */
double sim_random_unit(struct sim_random *r);

#endif
