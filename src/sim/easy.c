// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/state.h"

static int start_head(struct sim *s, struct queue_item **head)
{
	while ((*head = queue_head(&s->queue)) && (*head)->cpus <= s->c.free) {
		if (sim_start(s, SIM_JOB(*head, wait)) < 0)
			return -1;
	}
	return 0;
}

/* Start later ones that do not delay the head, in the order of the queue. */
static int fill_hole(struct sim *s, struct queue_hole *hole)
{
	struct queue_item *item;

	while (hole->free > 0 && (item = queue_find(&s->queue, hole))) {
		if (item->length > hole->seconds)
			hole->extra -= item->cpus;
		hole->after = item->place;
		if (sim_start(s, SIM_JOB(item, wait)) < 0)
			return -1;
		hole->free = s->c.free;
	}
	return 0;
}

int easy_pass(struct sim *s)
{
	struct queue_item *head;
	struct queue_hole hole;
	uint64_t freed = 0;
	int64_t at;

	if (s->placed.on)
		return placed_pass(s);
	if (s->c.free == 0)
		return 0;
	if (start_head(s, &head) < 0)
		return -1;
	if (!head || s->c.free == 0)
		return 0;
	at = ends_find(&s->ends, head->cpus - s->c.free, &freed);
	hole = (struct queue_hole){
		.after = head->place,
		.free = s->c.free,
		.extra = s->c.free + freed - head->cpus,
		.seconds = at - s->c.now,
	};
	return fill_hole(s, &hole);
}
