// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/srebalance/live.h"

#include "plan/moves.h"
#include "tables.h"
#include "testing.h"

static bool any(void *arg, const struct job_entry *job)
{
	(void)job;
	return !arg;
}

static struct live_options options_for(void)
{
	return (struct live_options){ .now = TABLES_NOW, .movable = any };
}

static void fill(struct live *l, struct tables *t, const struct live_options *o)
{
	struct error e;

	assert_int_equal(live_fill(l, &t->jobs, &t->nodes, o, &e), 0);
}

static void drop(struct live *l, struct tables *t)
{
	live_free(l);
	tables_free(t);
}

static void what_runs_takes_room_on_its_nodes(void **state)
{
	struct live_options o = options_for();
	struct job_entry *wide;
	struct tables t;
	struct live l;

	(void)state;
	tables_init(&t, 4, 4, 3);
	tables_run(&t, 0, 1);
	wide = tables_run(&t, 0, 2);
	wide->nodes = (char *)"n0000[1-2]";
	wide->node_count = 2;
	wide->one_node = false;
	/* It has left, but not all of it. */
	tables_run(&t, 3, 4)->phase = JOB_LEAVES;
	fill(&l, &t, &o);
	assert_int_equal(l.c.nodes[0].free.cpus, 3);
	assert_int_equal(l.c.nodes[0].free.memory, 3500);
	assert_int_equal(l.c.nodes[1].free.cpus, 2);
	assert_int_equal(l.c.nodes[2].free.cpus, 2);
	assert_int_equal(l.c.nodes[3].free.cpus, 0);
	assert_int_equal(l.c.cpus, 16);
	assert_int_equal(l.c.free, 7);
	assert_int_equal(l.c.running.count, 2);
	assert_int_equal(l.jobs[1].job.cpus, 4);
	assert_int_equal(l.jobs[1].job.place.count, 2);
	assert_int_equal(l.jobs[1].job.place.nodes[1], 2);
	assert_int_equal(cluster_end(&l.jobs[0].job), TABLES_NOW + 3000);
	drop(&l, &t);
}

/* Each reason for itself. */
static void what_cannot_move_is_not_movable(void **state)
{
	(void)state;
	for (int reason = 0; reason <= 5; reason++) {
		struct live_options o = options_for();
		struct job_entry *job;
		struct tables t;
		struct live l;

		tables_init(&t, 2, 4, 1);
		job = tables_run(&t, 0, 1);
		job->suspended = reason == 1;
		job->requeue = reason != 2;
		job->one_node = reason != 3;
		o.arg = reason == 4 ? &o : NULL;
		o.partition = reason == 5 ? "other" : NULL;
		fill(&l, &t, &o);
		assert_int_equal(l.jobs[0].job.place.movable, reason == 0);
		drop(&l, &t);
	}
}

static void a_request_says_where_a_job_may_be(void **state)
{
	struct live_options o = options_for();
	struct tables t;
	struct live l;

	(void)state;
	tables_init(&t, 4, 4, 5);
	t.nodes.nodes[1].features = (char *)"fast";
	t.nodes.nodes[2].takes_jobs = false;
	tables_wait(&t, 1);
	tables_wait(&t, 1)->constraint = (char *)"fast";
	tables_wait(&t, 1)->nodelist = (char *)"n0000[0,3]";
	tables_wait(&t, 1)->exclude = (char *)"n00000";
	tables_wait(&t, 1)->partition = (char *)"none";
	fill(&l, &t, &o);
	for (size_t i = 0; i < 5; i++) {
		static const bool expected[5][4] = {
			{ true, true, false, true },	{ false, true, false, false },
			{ true, false, false, true },	{ false, true, false, true },
			{ false, false, false, false },
		};

		assert_memory_equal(l.jobs[i].job.place.allowed, expected[i],
				    sizeof(expected[i]));
	}
	assert_int_equal(live_forbid(&l, &l.jobs[0], "n0000[1-2]"), 0);
	assert_false(l.jobs[0].job.place.allowed[1]);
	assert_true(l.jobs[0].job.place.allowed[3]);
	drop(&l, &t);
}

static void who_waits_for_nodes_is_in_the_order_of_priority(void **state)
{
	struct live_options o = options_for();
	struct tables t;
	struct live l;

	(void)state;
	tables_init(&t, 1, 4, 4);
	tables_wait(&t, 1)->priority = 5;
	tables_wait(&t, 1)->priority = 7;
	tables_wait(&t, 1)->competes = false;
	tables_wait(&t, 1)->phase = JOB_HELD;
	fill(&l, &t, &o);
	assert_int_equal(l.c.waiting.count, 2);
	assert_int_equal(l.c.waiting.jobs[0]->id, 2);
	assert_ptr_equal(live_job(l.c.waiting.jobs[1])->entry, &t.jobs.jobs[0]);
	drop(&l, &t);
}

static void preferred_partitions_give_nodes_a_rank_and_jobs_more_places(void **state)
{
	static const struct live_tier tiers[2] = { { "fast", 2 }, { "all", 1 } };
	struct live_options o = options_for();
	struct tables t;
	struct live l;

	(void)state;
	o.tiers = tiers;
	o.tier_count = 2;
	tables_init(&t, 2, 4, 1);
	t.nodes.nodes[1].partitions = (char *)"fast";
	tables_run(&t, 0, 1);
	fill(&l, &t, &o);
	assert_int_equal(l.c.nodes[0].rank, 1);
	assert_int_equal(l.c.nodes[1].rank, 2);
	assert_true(l.c.nodes[1].speed == 2);
	assert_int_equal(l.jobs[0].job.place.rank, 1);
	assert_true(l.jobs[0].job.place.allowed[1]);
	drop(&l, &t);
}

/* bench/plan measures how long it takes. */
static void a_large_cluster_is_planned(void **state)
{
	struct live_options o = options_for();
	struct moves moves = { 0 };
	struct tables t;
	struct live l;

	(void)state;
	tables_init(&t, 10000, 64, 102000);
	tables_fill(&t, 100000, 2000);
	fill(&l, &t, &o);
	assert_int_equal(l.c.running.count, 100000);
	assert_int_equal(defragment_decide(&defragment_defaults, &l.c, &moves), 0);
	assert_true(moves.count >= 1 && moves.count <= 8);
	moves_free(&moves);
	drop(&l, &t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_runs_takes_room_on_its_nodes),
		cmocka_unit_test(what_cannot_move_is_not_movable),
		cmocka_unit_test(a_request_says_where_a_job_may_be),
		cmocka_unit_test(who_waits_for_nodes_is_in_the_order_of_priority),
		cmocka_unit_test(
			preferred_partitions_give_nodes_a_rank_and_jobs_more_places),
		cmocka_unit_test(a_large_cluster_is_planned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
