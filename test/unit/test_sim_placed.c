// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_sim_placed.c - jobs on nodes: schedules that were worked out by hand, and, where it
 * makes no difference on which nodes jobs are, those of counted CPUs.
 */
#include "sim/placed.h"

#include "sim/random.h"
#include "sim/sim.h"
#include "testing.h"

struct job {
	long submit, run;
	uint32_t cpus, memory; /* MiB of each CPU */
	long start, finish;    /* what is expected */
};

static struct sim_options options_for(enum sim_policy policy, struct machine *m,
				      uint64_t nodes, uint32_t cpus)
{
	struct sim_options options = sim_defaults;

	*m = (struct machine){
		.kinds = { { .nodes = nodes, .cpus = cpus, .memory = 1000 << 20 } },
		.kind_count = 1,
		.nodes = nodes,
		.cpus = nodes * cpus,
	};
	options.policy = policy;
	options.machine = m;
	options.cpus = m->cpus;
	options.cycle = 60;
	options.moves = policy == SIM_COMPACT ? compact_defaults : defragment_defaults;
	/* Ten seconds, whatever the size. */
	options.cost = (struct cost_model){
		.fixed = 10, .rate = 1e9, .shared = 1e9, .node_cpus = 1
	};
	options.power = (struct power_model){ .busy = 4, .idle = 2, .off = 1, .boot = 2 };
	options.check = true;
	return options;
}

static void run(const struct job *jobs, size_t count, const struct sim_options *options,
		struct sim_result *r)
{
	struct trace t = { 0 };
	struct error e;

	for (size_t i = 0; i < count; i++) {
		struct trace_line job = { .submit = jobs[i].submit,
					  .run = jobs[i].run,
					  .estimate = jobs[i].run,
					  .cpus = jobs[i].cpus,
					  .memory = (uint64_t)jobs[i].memory << 20 };

		assert_int_equal(trace_add(&t, &job, &e), 0);
	}
	assert_int_equal(sim_run(&t, options, r, &e), 0);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(r->starts[i], jobs[i].start);
		assert_int_equal(r->finishes[i], jobs[i].finish);
	}
	trace_free(&t);
}

/* The second of the short ones leaves a CPU on each node, and the last needs two of one. */
static void a_job_that_no_node_can_hold_waits(void **state)
{
	static const struct job jobs[] = {
		{ 0, 5000, 1, 0, 0, 5000 },
		{ 0, 100, 1, 0, 0, 100 },
		{ 1, 5000, 1, 0, 1, 5001 },
		{ 200, 1000, 2, 0, 5000, 6000 },
	};
	struct sim_options options;
	struct sim_result r;
	struct machine m;

	(void)state;
	options = options_for(SIM_EASY, &m, 2, 2);
	run(jobs, LENGTH(jobs), &options, &r);
	sim_result_free(&r);
}

/*
 * At second 240, the next whole minute, the first job is saved, which takes 10 s; the last
 * one has its node from then on. The first continues on the other node after 10 s more.
 */
static void defragment_makes_room_for_it(void **state)
{
	static const struct job jobs[] = {
		{ 0, 5000, 1, 0, 0, 5020 },
		{ 0, 100, 1, 0, 0, 100 },
		{ 1, 5000, 1, 0, 1, 5001 },
		{ 200, 1000, 2, 0, 250, 1250 },
	};
	struct sim_options options;
	struct sim_result r;
	struct machine m;

	(void)state;
	options = options_for(SIM_DEFRAGMENT, &m, 2, 2);
	run(jobs, LENGTH(jobs), &options, &r);
	assert_int_equal(r.moves, 1);
	assert_true(r.lost == 20);
	sim_result_free(&r);
}

/*
 * At second 120 one node has room for the job of the other, which leaves its own after
 * 10 s. That is off from second 730 on, and the other one from second 10620 on. The last
 * job, at second 20000, boots a node for a minute. The used time is that of jobs of 10030,
 * 100 and 10000 s on half a node.
 */
static void compact_empties_a_node_and_power_saving_switches_it_off(void **state)
{
	static const struct job jobs[] = {
		{ 0, 10000, 1, 0, 0, 10020 },
		{ 0, 100, 1, 0, 0, 100 },
		{ 1, 10000, 1, 0, 1, 10001 },
		{ 20000, 10, 1, 0, 20000, 20070 },
	};
	struct sim_options options;
	struct sim_result r;
	struct machine m;

	(void)state;
	options = options_for(SIM_COMPACT, &m, 2, 2);
	options.power.suspend = 600;
	options.power.boot_time = 60;
	run(jobs, LENGTH(jobs), &options, &r);
	assert_int_equal(r.moves, 1);
	assert_int_equal(r.boots, 0); /* but for the one after the last submission */
	assert_true(r.power.always_on == 2 * 40000 + 2 * 10065);
	assert_true(r.power.joules ==
		    r.power.always_on - (20000 - 730) - (20000 - 10620));
	assert_true(r.power.bound == 4 * 10065 + (40000 - 10065));
	sim_result_free(&r);
}

/* Of 1000 MiB on each node the first two jobs have 600; so the third waits for one. */
static void memory_is_placed_too(void **state)
{
	static const struct job jobs[] = {
		{ 0, 100, 1, 600, 0, 100 },
		{ 0, 200, 1, 600, 0, 200 },
		{ 1, 50, 1, 500, 100, 150 },
		{ 2, 50, 1, 400, 2, 52 },
	};
	struct sim_options options;
	struct sim_result r;
	struct machine m;

	(void)state;
	options = options_for(SIM_EASY, &m, 2, 4);
	run(jobs, LENGTH(jobs), &options, &r);
	sim_result_free(&r);
}

static void who_has_whole_nodes_shares_them_with_nobody(void **state)
{
	static const struct job jobs[] = {
		{ 0, 100, 1, 0, 0, 100 },
		{ 0, 200, 1, 0, 0, 200 },
		{ 1, 50, 1, 0, 100, 150 },
		{ 2, 50, 7, 0, 200, 250 },
	};
	struct sim_options options;
	struct sim_result r;
	struct machine m;

	(void)state;
	options = options_for(SIM_EASY, &m, 2, 4);
	options.exclusive = true;
	run(jobs, LENGTH(jobs), &options, &r);
	sim_result_free(&r);
}

/* The job of 3 nodes' width is spread evenly; of memory it has its share on each. */
static void wide_jobs_are_spread_over_the_fewest_nodes(void **state)
{
	struct trace_job job = { .cpus = 9, .memory = 100 };
	struct cluster_place place;
	struct machine m;

	(void)state;
	(void)options_for(SIM_EASY, &m, 3, 4);
	assert_true(placed_shape(&m, &job, false, &place));
	assert_int_equal(place.count, 3);
	assert_int_equal(place.cpus, 3);
	assert_int_equal(place.memory, 300);
	job = (struct trace_job){ .cpus = 4, .memory = 400 };
	assert_true(placed_shape(&m, &job, false, &place));
	assert_int_equal(place.count, 2);
	job = (struct trace_job){ .cpus = 4, .memory = 1001 };
	assert_false(placed_shape(&m, &job, false, &place));
	job = (struct trace_job){ .cpus = 13 };
	assert_false(placed_shape(&m, &job, false, &place));
}

/* ---- against counted CPUs ---- */

#define CPUS 8
#define JOBS 60

static void make_trace(struct trace *t, struct sim_random *random, uint32_t widest)
{
	long at = 0;
	struct error e;

	for (size_t i = 0; i < JOBS; i++) {
		long length = 1 + (long)(sim_random_next(random) % 300);
		struct trace_line job = {
			.run = length,
			.estimate = length + (long)(sim_random_next(random) % 200),
			.cpus = 1 + (uint32_t)(sim_random_next(random) % widest),
		};

		at += (long)(sim_random_next(random) % 120);
		job.submit = at;
		assert_int_equal(trace_add(t, &job, &e), 0);
	}
}

static void assert_as_counted(enum sim_policy policy, uint64_t nodes, uint32_t cpus,
			      uint64_t seed)
{
	struct sim_random random = { .state = seed };
	struct sim_options options;
	struct sim_result counted, placed;
	struct trace t = { 0 };
	struct machine m;
	struct error e;

	make_trace(&t, &random, CPUS);
	options = options_for(policy, &m, nodes, cpus);
	assert_int_equal(sim_run(&t, &options, &placed, &e), 0);
	options.machine = NULL;
	assert_int_equal(sim_run(&t, &options, &counted, &e), 0);
	for (size_t i = 0; i < JOBS; i++) {
		assert_int_equal(placed.starts[i], counted.starts[i]);
		assert_int_equal(placed.finishes[i], counted.finishes[i]);
	}
	sim_result_free(&placed);
	sim_result_free(&counted);
	trace_free(&t);
}

static void one_node_or_nodes_of_one_cpu_are_as_counted_cpus(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 400; seed++) {
		enum sim_policy policy = seed % 2 ? SIM_EASY : SIM_ORDER;

		assert_as_counted(policy, 1, CPUS, seed);
		assert_as_counted(policy, CPUS, 1, seed);
	}
}

/* What is checked at every event holds, and all jobs end, whatever is moved. */
static void random_moves_add_up(void **state)
{
	static const enum sim_policy policies[] = { SIM_DEFRAGMENT, SIM_COMPACT,
						    SIM_PREEMPT };
	uint64_t moves = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 600; seed++) {
		struct sim_random random = { .state = seed };
		struct sim_options options;
		struct trace t = { 0 };
		struct sim_result r;
		struct machine m;
		struct error e;

		make_trace(&t, &random, 3);
		options = options_for(policies[seed % LENGTH(policies)], &m, 4, 4);
		options.preempt = preempt_defaults;
		options.preempt.share = 1;
		options.moves.end = options.moves.rest = options.moves.least = 0;
		options.moves.worth = options.moves.end_costs = 0;
		options.power.suspend = 50;
		options.power.boot_time = 20;
		assert_int_equal(sim_run(&t, &options, &r, &e), 0);
		for (size_t i = 0; i < JOBS; i++)
			assert_true(r.finishes[i] >=
				    t.jobs[i].submit + (int64_t)t.jobs[i].run);
		assert_true(r.power.joules >= r.power.bound);
		assert_true(r.power.joules <= r.power.always_on);
		moves += r.moves;
		sim_result_free(&r);
		trace_free(&t);
	}
	assert_true(moves >= 1000 && moves <= 100000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_job_that_no_node_can_hold_waits),
		cmocka_unit_test(defragment_makes_room_for_it),
		cmocka_unit_test(compact_empties_a_node_and_power_saving_switches_it_off),
		cmocka_unit_test(memory_is_placed_too),
		cmocka_unit_test(who_has_whole_nodes_shares_them_with_nobody),
		cmocka_unit_test(wide_jobs_are_spread_over_the_fewest_nodes),
		cmocka_unit_test(one_node_or_nodes_of_one_cpu_are_as_counted_cpus),
		cmocka_unit_test(random_moves_add_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
