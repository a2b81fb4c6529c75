// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * plan_scale NODES JOBS - how long "srebalance plan" takes for what slurmctld has said: to
 * take it in, and to decide by each policy. Run by bench/plan.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cmd/srebalance/live.h"
#include "plan/moves.h"
#include "plan/order.h"
#include "plan/preempt.h"
#include "tables.h"

static bool any(void *arg, const struct job_entry *job)
{
	(void)arg;
	(void)job;
	return true;
}

static double seconds(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

static void print(const char *what, double began, size_t moves)
{
	printf("%-12s %6.2f s of one CPU, %zu moves\n", what, seconds() - began, moves);
}

static void decide(struct cluster *c)
{
	static const struct {
		const char *name;
		int (*decide)(const struct moves_limits *limits, const struct cluster *c,
			      struct moves *moves);
		const struct moves_limits *limits;
	} policies[] = {
		{ "defragment", defragment_decide, &defragment_defaults },
		{ "promote", promote_decide, &promote_defaults },
		{ "compact", compact_decide, &compact_defaults },
	};
	struct preempt_plan preempt = { 0 };
	struct moves moves = { 0 };
	double began = seconds();

	order_queue(c);
	if (preempt_decide(&preempt_defaults, c, &preempt) < 0)
		exit(1);
	print("preempt", began, preempt.count);
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
		/* With jobs that wait it has nothing to do. */
		if (policies[i].decide == compact_decide)
			c->waiting.count = 0;
		began = seconds();
		if (policies[i].decide(policies[i].limits, c, &moves) < 0)
			exit(1);
		print(policies[i].name, began, moves.count);
	}
	preempt_plan_free(&preempt);
	moves_free(&moves);
}

int main(int argc, char **argv)
{
	size_t nodes = argc > 1 ? strtoul(argv[1], NULL, 10) : 10000;
	size_t jobs = argc > 2 ? strtoul(argv[2], NULL, 10) : 100000;
	const struct live_options options = { .now = TABLES_NOW, .movable = any };
	struct tables t;
	struct live l;
	struct error e;
	double began;

	tables_init(&t, nodes, 64, jobs + 2000);
	tables_fill(&t, jobs, 2000);
	began = seconds();
	if (live_fill(&l, &t.jobs, &t.nodes, &options, &e) < 0)
		return 1;
	print("taking it in", began, 0);
	decide(&l.c);
	live_free(&l);
	tables_free(&t);
	return 0;
}
