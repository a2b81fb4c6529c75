// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/metrics.h"

#include <math.h>

#include "testing.h"

static bool near(double a, double b)
{
	return fabs(a - b) < 1e-6 * (1 + fabs(b));
}

/* Four jobs on 64 CPUs, whose waits are 0, 100, 3 and 5000 seconds. */
static void metrics_are_worked_out(void **state)
{
	static struct trace_job jobs[] = {
		{ .submit = 0, .run = 1, .estimate = 1, .cpus = 1 },
		{ .submit = 10, .run = 100, .estimate = 100, .cpus = 4 },
		{ .submit = 20, .run = 1, .estimate = 1, .cpus = 16 },
		{ .submit = 30, .run = 50000, .estimate = 50000, .cpus = 17 },
	};
	static int64_t starts[] = { 0, 110, 23, 5030 };
	static int64_t finishes[] = { 1, 210, 24, 55030 };
	struct trace t = { .jobs = jobs, .count = LENGTH(jobs) };
	struct sim_result r = { .starts = starts,
				.finishes = finishes,
				.count = t.count,
				.checkpoints = 3,
				.checkpointed = 1,
				.most = 3,
				.lost = 8504.17,
				.used = 0.5 };
	struct metrics m;
	struct error e;

	(void)state;
	assert_int_equal(metrics_of(&m, &t, &r, 64, &e), 0);
	assert_true(near(m.values[METRIC_WAIT], 5103.0 / 4));
	assert_true(
		near(m.values[METRIC_WAIT_GEOMETRIC], pow(1.0 * 101 * 4 * 5001, 0.25)));
	assert_true(near(m.values[METRIC_WAIT_LONGEST], 5000));
	/* Below ten seconds nothing is stretched: 3 + 1 s. */
	assert_true(near(m.values[METRIC_SLOWDOWN], (1 + 2 + 1 + 1.1) / 4));
	assert_true(near(m.values[METRIC_WAIT_SERIAL], 0));
	assert_true(near(m.values[METRIC_WAIT_NARROW], 100));
	assert_true(near(m.values[METRIC_WAIT_MEDIUM], 3));
	assert_true(near(m.values[METRIC_WAIT_WIDE], 5000));
	assert_true(near(m.values[METRIC_WAIT_MINUTES], 103.0 / 3));
	assert_true(isnan(m.values[METRIC_WAIT_HOUR]));
	assert_true(near(m.values[METRIC_WAIT_LONG], 5000));
	assert_true(near(m.values[METRIC_CHECKPOINTED], 0.25));
	assert_true(near(m.values[METRIC_CHECKPOINTS], 3));
	assert_true(near(m.values[METRIC_LOST], 0.01));
}

static void an_interval_is_students(void **state)
{
	static const double values[] = { 1, 2, 3, 4 };
	struct metric_mean m = metric_mean(values, LENGTH(values));

	(void)state;
	assert_true(near(m.mean, 2.5));
	/* 3.182 times the standard deviation 1.2909944 over 2. */
	assert_true(near(m.half, 3.182 * sqrt(5.0 / 3) / 2));
	assert_true(isnan(metric_mean(values, 1).half));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(metrics_are_worked_out),
		cmocka_unit_test(an_interval_is_students),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
