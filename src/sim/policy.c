// SPDX-License-Identifier: GPL-2.0-or-later
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
