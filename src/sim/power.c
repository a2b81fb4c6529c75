// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/power.h"

#include <stdlib.h>

/* Assumed, as of a node with two sockets. */
const struct power_model power_defaults = {
	.busy = 400,
	.idle = 200,
	.off = 10,
	.boot = 250,
	.suspend = 0,
	.boot_time = 180,
};

int power_init(struct power *p, size_t nodes)
{
	*p = (struct power){ .count = nodes };
	p->idle_since = calloc(nodes + 1, sizeof(*p->idle_since));
	return p->idle_since ? 0 : -1;
}

bool power_is_off(const struct power *p, const struct power_model *m, size_t node,
		  int64_t now)
{
	return m->suspend > 0 && p->idle_since[node] != INT64_MAX &&
	       now - p->idle_since[node] > m->suspend;
}

/* The time in which it was off. */
static void count_off(struct power *p, const struct power_model *m, size_t node,
		      int64_t now, int64_t end)
{
	int64_t from = p->idle_since[node] + m->suspend, to = now < end ? now : end;

	if (to > from)
		p->off += (double)(to - from);
}

bool power_use(struct power *p, const struct power_model *m, size_t node, int64_t now,
	       int64_t end)
{
	bool boots = power_is_off(p, m, node, now);

	if (boots) {
		count_off(p, m, node, now, end);
		p->boots += now < end;
	}
	p->idle_since[node] = INT64_MAX;
	return boots;
}

void power_leave(struct power *p, size_t node, int64_t now)
{
	p->idle_since[node] = now;
}

struct power_sums power_finish(struct power *p, const struct power_model *m, double used,
			       int64_t end)
{
	double all = (double)p->count * (double)end;
	struct power_sums sums = { 0 };

	for (size_t i = 0; i < p->count; i++) {
		if (power_is_off(p, m, i, end))
			count_off(p, m, i, end, end);
	}
	sums.always_on = all * m->idle + used * (m->busy - m->idle);
	sums.bound = used * m->busy + (all - used) * m->off;
	sums.joules = sums.always_on - p->off * (m->idle - m->off) +
		      (double)p->boots * (double)m->boot_time * (m->boot - m->idle);
	return sums;
}

void power_free(struct power *p)
{
	free(p->idle_since);
	*p = (struct power){ 0 };
}
