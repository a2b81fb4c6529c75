// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/order.h"

#include <stdlib.h>

static int rank(const struct cluster_job *job)
{
	return job->protected ? 0 : job->boosted ? 1 : 2;
}

static int order_compare(const void *a, const void *b)
{
	const struct cluster_job *x = *(struct cluster_job *const *)a;
	const struct cluster_job *y = *(struct cluster_job *const *)b;

	if (rank(x) != rank(y))
		return rank(x) - rank(y);
	if (x->factor != y->factor)
		return x->factor > y->factor ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

void order_queue(struct cluster *c)
{
	struct cluster_list *w = &c->waiting;

	for (size_t i = 0; i < w->count; i++) {
		struct cluster_job *job = w->jobs[i];

		job->factor = 1 + (double)(c->now - job->submit) /
					  (double)(job->estimate > 0 ? job->estimate : 1);
	}
	if (w->count > 1)
		qsort(w->jobs, w->count, sizeof(w->jobs[0]), order_compare);
	for (size_t i = 0; i < w->count; i++)
		w->jobs[i]->index = i;
}
