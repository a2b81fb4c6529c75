// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * backfill.c - Slurm's two schedulers, as far as they decide on counted CPUs: after each
 * event the first jobs start as long as they fit; every bf_interval each of the first
 * bf_max_job_test jobs has the earliest place that delays none before it, and starts if
 * that is now.
 */
#include "sim/profile.h"
#include "sim/state.h"

int main_pass(struct sim *s)
{
	struct queue_item *head;

	while ((head = queue_head(&s->queue)) && head->cpus <= s->c.free) {
		if (sim_start(s, SIM_JOB(head, wait)) < 0)
			return -1;
	}
	return 0;
}

static int fill_profile(struct profile *p, const struct sim *s)
{
	if (profile_begin(p, s->c.now, s->c.free) < 0)
		return -1;
	for (size_t i = 0; i < s->ends.count; i++) {
		const struct ends_block *b = s->ends.blocks[i];

		for (size_t k = 0; k < b->count; k++) {
			if (profile_append(p, b->entries[k].at, b->entries[k].cpus) < 0)
				return -1;
		}
	}
	return 0;
}

/* Start the job, or keep its place free. */
static int place(struct sim *s, struct profile *p, struct queue_item *item)
{
	int64_t at = profile_find(p, item->cpus, item->length);

	if (at < 0 || at > s->c.now + s->options->backfill.window)
		return 0;
	if (profile_reserve(p, at, item->length, item->cpus) < 0)
		return error_sys(s->e, "the profile");
	return at == s->c.now ? sim_start(s, SIM_JOB(item, wait)) : 0;
}

int backfill_cycle(struct sim *s)
{
	struct queue_hole all = { .free = QUEUE_CPUS_MAX, .extra = QUEUE_CPUS_MAX };
	struct queue_item *item = queue_head(&s->queue), *next;
	struct profile p = { 0 };
	int rc = 0;

	if (s->c.free == 0)
		return 0;
	if (fill_profile(&p, s) < 0)
		rc = error_sys(s->e, "the profile");
	for (size_t n = 0; rc == 0 && item && n < s->options->backfill.tested; n++) {
		all.after = item->place;
		next = queue_find(&s->queue, &all);
		rc = place(s, &p, item);
		item = next;
	}
	profile_free(&p);
	return rc;
}
