// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/cost.h"

#include <math.h>

#define COST_MAX 1e9 /* seconds: 30 years, so that no sum overflows */

/*
 * Fixed: a move of a job without memory takes two seconds on the test cluster (smigrate(1)),
 * and a loaded slurmctld is slower. Rates: assumed, as of a network of 10 Gbit/s and a small
 * parallel file system.
 */
const struct cost_model cost_defaults = {
	.memory = UINT64_C(1) << 30,
	.fixed = 3,
	.rate = 1e9,
	.shared = 10e9,
	.node_cpus = 1,
};

double cost_image(const struct cost_model *m, uint32_t cpus, uint32_t memory)
{
	double each = memory ? (double)memory * (1 << 20) : (double)m->memory;

	return each * cpus;
}

long cost_seconds(const struct cost_model *m, double image, uint32_t cpus, long now,
		  double *busy)
{
	double nodes = ceil((double)cpus / (m->node_cpus ? m->node_cpus : 1));
	double end = (double)now + m->fixed + image / (nodes * m->rate);
	double idle = busy && *busy > (double)now ? *busy : (double)now;

	idle += image / m->shared;
	if (busy)
		*busy = idle;
	if (idle + m->fixed > end)
		end = idle + m->fixed;
	return (long)fmin(ceil(end - (double)now), COST_MAX);
}
