/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guard.h - no job pays for the others: one that has waited for too long is protected.
 */
#ifndef PLAN_GUARD_H
#define PLAN_GUARD_H

#include "plan/cluster.h"

struct guard_limits {
	size_t at_once; /* jobs that are protected, at most; 0: the guard is off */
	double times;	/* the wait of a job without a policy, which is too long for it */
	long least;	/* seconds that a job waits at least before it is protected */
};

extern const struct guard_limits guard_defaults;

/*
 * Mark jobs in c->waiting, which order_queue() has sorted, as protected. The one that is
 * the most behind comes first. True if there was one: then the queue is to be sorted anew.
 */
bool guard_protect(const struct guard_limits *limits, struct cluster *c);

#endif
