// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/guard.h"

const struct guard_limits guard_defaults = { .at_once = 3,
					     .times = 2,
					     .least = 24 * 3600 };

/* By how many seconds a job is over what it may wait; negative if it is not. */
static long guard_behind(const struct guard_limits *limits, const struct cluster_job *job,
			 long now)
{
	long allowed = (long)(limits->times * (double)job->fair_wait);

	if (job->protected || job->fair_wait < 0)
		return -1;
	return cluster_waited(job, now) -
	       (allowed > limits->least ? allowed : limits->least);
}

static size_t guard_count(const struct cluster *c)
{
	size_t count = 0;

	for (size_t i = 0; i < c->waiting.count; i++)
		count += c->waiting.jobs[i]->protected;
	return count;
}

static struct cluster_job *guard_next(const struct guard_limits *limits,
				      const struct cluster *c)
{
	struct cluster_job *worst = NULL;
	long most = -1;

	for (size_t i = 0; i < c->waiting.count; i++) {
		long behind = guard_behind(limits, c->waiting.jobs[i], c->now);

		if (behind > most) {
			most = behind;
			worst = c->waiting.jobs[i];
		}
	}
	return worst;
}

bool guard_protect(const struct guard_limits *limits, struct cluster *c)
{
	struct cluster_job *job;
	bool any = false;

	for (size_t n = guard_count(c); n < limits->at_once; n++) {
		job = guard_next(limits, c);
		if (!job)
			break;
		job->protected = any = true;
	}
	return any;
}
