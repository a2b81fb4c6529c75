// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/random.h"

uint64_t sim_random_next(struct sim_random *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

double sim_random_unit(struct sim_random *r)
{
	return (double)(sim_random_next(r) >> 11) * 0x1p-53;
}
