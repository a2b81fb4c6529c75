// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "plan/order.h"
#include "sim/state.h"

static int take_order(struct sim *s)
{
	queue_clear(&s->queue);
	for (size_t i = 0; i < s->c.waiting.count; i++) {
		if (queue_append(&s->queue, &SIM_JOB(s->c.waiting.jobs[i], job)->wait) <
		    0)
			return error_sys(s->e, "the queue");
	}
	return 0;
}

int order_cycle(struct sim *s)
{
	order_queue(&s->c);
	if (s->options->fair_waits && guard_protect(&s->options->guard, &s->c))
		order_queue(&s->c);
	return take_order(s);
}

static int carry_out(struct sim *s, const struct preempt_move *move)
{
	if (move->act == PREEMPT_LEAVE)
		return sim_checkpoint(s, SIM_JOB(move->job, job));
	move->job->boosted = true;
	return 0;
}

int preempt_cycle(struct sim *s)
{
	order_queue(&s->c);
	if (s->options->fair_waits && guard_protect(&s->options->guard, &s->c))
		order_queue(&s->c);
	if (preempt_decide(&s->options->preempt, &s->c, &s->plan) < 0)
		return error_sys(s->e, "the plan");
	for (size_t i = 0; i < s->plan.count; i++) {
		if (carry_out(s, &s->plan.moves[i]) < 0)
			return -1;
	}
	order_queue(&s->c);
	return take_order(s);
}

/* ---- placed nodes ---- */

static int compare_submission(const void *a, const void *b)
{
	const struct cluster_job *x = *(struct cluster_job *const *)a;
	const struct cluster_job *y = *(struct cluster_job *const *)b;

	return x->id < y->id ? -1 : x->id > y->id;
}

/* As the queue of easy, whose order does not change. */
static void sort_waiting(struct cluster_list *waiting)
{
	if (waiting->count > 1)
		qsort(waiting->jobs, waiting->count, sizeof(waiting->jobs[0]),
		      compare_submission);
	for (size_t i = 0; i < waiting->count; i++)
		waiting->jobs[i]->index = i;
}

static int make_moves(struct sim *s)
{
	for (size_t i = 0; i < s->moves.count; i++) {
		const struct moves_move *m = &s->moves.moves[i];
		struct sim_job *waiting = m->because ? SIM_JOB(m->because, job) : NULL;

		if (waiting && waiting->promised == PLACED_NOWHERE)
			placed_promise(s, waiting, m->from);
		if (sim_move(s, SIM_JOB(m->job, job), m->to) < 0)
			return -1;
	}
	return 0;
}

int defragment_cycle(struct sim *s)
{
	sort_waiting(&s->c.waiting);
	if (defragment_decide(&s->options->moves, &s->c, &s->moves) < 0)
		return error_sys(s->e, "the plan");
	return make_moves(s);
}

int compact_cycle(struct sim *s)
{
	if (compact_decide(&s->options->moves, &s->c, &s->moves) < 0)
		return error_sys(s->e, "the plan");
	return make_moves(s);
}
