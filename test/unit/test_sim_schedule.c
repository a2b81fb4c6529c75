// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_sim_schedule.c - schedules that were worked out by hand.
 */
#include "sim/sim.h"

#include "testing.h"

#define JOBS 4

struct job {
	long submit, run, estimate;
	uint32_t cpus;
	long start, finish; /* what is expected */
};

static struct sim_options options_for(enum sim_policy policy)
{
	struct sim_options options = sim_defaults;

	options.policy = policy;
	options.cpus = 4;
	options.cycle = 60;
	options.preempt = preempt_defaults;
	options.preempt.share = 1;
	options.guard = guard_defaults;
	/* Ten seconds, whatever the size. */
	options.cost = (struct cost_model){
		.fixed = 10, .rate = 1e9, .shared = 1e9, .node_cpus = 1
	};
	options.check = true;
	return options;
}

static void assert_schedule(const struct job *jobs, size_t count,
			    const struct sim_options *options)
{
	struct trace t = { 0 };
	struct sim_result r;
	struct error e;

	for (size_t i = 0; i < count; i++) {
		struct trace_line job = { .submit = jobs[i].submit,
				       .run = jobs[i].run,
				       .estimate = jobs[i].estimate,
				       .cpus = jobs[i].cpus };

		assert_int_equal(trace_add(&t, &job, &e), 0);
	}
	assert_int_equal(sim_run(&t, options, &r, &e), 0);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(r.starts[i], jobs[i].start);
		assert_int_equal(r.finishes[i], jobs[i].finish);
	}
	sim_result_free(&r);
	trace_free(&t);
}

/*
 * The second job cannot start before second 100. The third ends before that, so it starts
 * at once. The fourth would not, and no CPU is left over, so it waits.
 */
static void easy_fills_holes_without_delaying_the_head(void **state)
{
	static const struct job jobs[JOBS] = {
		{ 0, 100, 100, 3, 0, 100 },
		{ 1, 50, 50, 4, 100, 150 },
		{ 2, 90, 90, 1, 2, 92 },
		{ 3, 200, 200, 1, 150, 350 },
	};
	struct sim_options options = options_for(SIM_EASY);

	(void)state;
	assert_schedule(jobs, JOBS, &options);
}

/* The head needs three of the four CPUs at second 100, so one is left over for any time. */
static void easy_lets_long_jobs_have_what_the_head_leaves_over(void **state)
{
	static const struct job jobs[JOBS] = {
		{ 0, 100, 100, 2, 0, 100 },
		{ 1, 50, 50, 3, 100, 150 },
		{ 2, 500, 500, 1, 2, 502 },
		{ 3, 500, 500, 1, 150, 650 },
	};
	struct sim_options options = options_for(SIM_EASY);

	(void)state;
	assert_schedule(jobs, JOBS, &options);
}

/*
 * By its estimate the first job ends at 100, and the head needs three CPUs then: one is
 * left over for the third. The first ends at 40, and the head starts.
 */
static void jobs_that_end_early_let_the_head_start_early(void **state)
{
	static const struct job jobs[] = {
		{ 0, 40, 100, 3, 0, 40 },
		{ 1, 50, 50, 3, 40, 90 },
		{ 2, 99, 99, 1, 2, 101 },
		{ 3, 10, 10, 1, 90, 100 },
	};
	struct sim_options options = options_for(SIM_EASY);

	(void)state;
	assert_schedule(jobs, JOBS, &options);
}

/*
 * Under "order" the short job, whose wait makes it three times as long, comes before the
 * wide one that was submitted first.
 */
static void order_puts_first_whom_the_wait_makes_longest(void **state)
{
	static const struct job jobs[] = {
		{ 0, 200, 200, 4, 0, 200 },
		{ 1, 1000, 1000, 4, 250, 1250 },
		{ 2, 50, 50, 4, 200, 250 },
	};
	struct sim_options options = options_for(SIM_ORDER);

	(void)state;
	assert_schedule(jobs, 3, &options);
}

/*
 * The first job may be asked to leave at 300, having worked for as long. It is saved by
 * 310. The second runs until 330. Then the first is restored until 340, and has 9,700
 * seconds to go.
 */
static void a_checkpoint_lets_a_short_job_through_and_its_victim_goes_on(void **state)
{
	static const struct job jobs[] = {
		{ 0, 10000, 10000, 4, 0, 10040 },
		{ 100, 20, 20, 4, 310, 330 },
	};
	struct sim_options options = options_for(SIM_PREEMPT);

	(void)state;
	assert_schedule(jobs, 2, &options);
}

/* What is allowed to be checkpointed at all is 4 % of two jobs: none. */
static void no_job_is_checkpointed_beyond_the_share(void **state)
{
	static const struct job jobs[] = {
		{ 0, 10000, 10000, 4, 0, 10000 },
		{ 100, 20, 20, 4, 10000, 10020 },
	};
	struct sim_options options = options_for(SIM_PREEMPT);

	(void)state;
	options.preempt.share = 0.04;
	assert_schedule(jobs, 2, &options);
}

/*
 * The main scheduler starts the first; at 30 backfill gives the second its place at 100,
 * the third one that is now, and the fourth one after the second.
 */
static void backfill_has_a_reservation_for_each(void **state)
{
	static const struct job jobs[JOBS] = {
		{ 0, 100, 100, 3, 0, 100 },
		{ 1, 50, 50, 4, 100, 150 },
		{ 2, 60, 60, 1, 30, 90 },
		{ 3, 200, 200, 1, 150, 350 },
	};
	struct sim_options options = options_for(SIM_BACKFILL);

	(void)state;
	assert_schedule(jobs, JOBS, &options);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(easy_fills_holes_without_delaying_the_head),
		cmocka_unit_test(easy_lets_long_jobs_have_what_the_head_leaves_over),
		cmocka_unit_test(jobs_that_end_early_let_the_head_start_early),
		cmocka_unit_test(order_puts_first_whom_the_wait_makes_longest),
		cmocka_unit_test(
			a_checkpoint_lets_a_short_job_through_and_its_victim_goes_on),
		cmocka_unit_test(no_job_is_checkpointed_beyond_the_share),
		cmocka_unit_test(backfill_has_a_reservation_for_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
