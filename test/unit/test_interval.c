// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/interval.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>

#include "testing.h"

#define DAY 86400.0 /* seconds */

/*
 * Daly's equation 37 at a precision of 50 digits, rounded; and for comparison Young's
 * first order estimate, sqrt(2 * cost * mtbf) - cost, which the terms of higher order
 * correct.
 */
static void the_interval_is_Dalys(void **state)
{
	static const struct {
		double cost, mtbf; /* seconds */
		long interval, first_order;
	} cases[] = {
		{ 10, 30 * DAY, 7193, 7190 },	 { 1, 30 * DAY, 2276, 2276 },
		{ 10, 365 * DAY, 25107, 25104 }, { 60, DAY, 3180, 3160 },
		{ 600, DAY, 9786, 9582 },	 { 30, 3600, 445, 435 },
		{ 600, 3600, 1698, 1478 },	 { 5000, 3600, 3130, 1000 },
		{ 7199, 3600, 3200, 0 },	 { 0.25, DAY, 208, 208 },
		{ 10, 1825, 184, 181 },
	};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		const double cost = cases[i].cost, mtbf = cases[i].mtbf;

		assert_int_equal(interval_daly(cost, mtbf), cases[i].interval);
		assert_int_equal(lround(sqrt(2 * cost * mtbf) - cost),
				 cases[i].first_order);
		assert_true(cases[i].interval >= cases[i].first_order);
	}
}

/*
 * The share of the time that is lost, by the model that the estimate is of: failures
 * come at random, and a restart takes as long as a checkpoint (the same article).
 */
static double lost(double interval, double cost, double mtbf)
{
	return mtbf * exp(cost / mtbf) * expm1((interval + cost) / mtbf) / interval - 1;
}

static void little_more_is_lost_than_at_the_best_interval(void **state)
{
	static const double costs[] = { 1, 10, 60, 600 };
	static const double mtbfs[] = { 3600, DAY, 30 * DAY };

	for (size_t c = 0; c < LENGTH(costs); c++) {
		for (size_t m = 0; m < LENGTH(mtbfs); m++) {
			const double ours =
				lost((double)interval_daly(costs[c], mtbfs[m]), costs[c],
				     mtbfs[m]);
			double best = ours;

			for (double t = 1; t < 10 * mtbfs[m]; t *= 1.01)
				best = fmin(best, lost(t, costs[c], mtbfs[m]));
			assert_true(ours <= best * 1.01);
		}
	}
}

static void where_checkpoints_cost_more_than_failures_the_interval_is_the_mtbf(
	void **state)
{
	static const double mtbfs[] = { 10, 3600, DAY };

	for (size_t i = 0; i < LENGTH(mtbfs); i++) {
		assert_int_equal(interval_daly(2 * mtbfs[i], mtbfs[i]), mtbfs[i]);
		assert_int_equal(interval_daly(1000 * mtbfs[i], mtbfs[i]), mtbfs[i]);
	}
}

static void a_cost_that_is_not_known_is_ten_seconds(void **state)
{
	assert_int_equal(interval_daly(0, DAY), interval_daly(10, DAY));
	assert_int_equal(interval_daly(-1, DAY), interval_daly(10, DAY));
	assert_int_equal(interval_daly(NAN, DAY), interval_daly(10, DAY));
}

static void it_is_never_less_than_a_second(void **state)
{
	static const double values[] = { 1e-9, 0.001, 0.4, 0.9, 1, 5 };

	for (size_t c = 0; c < LENGTH(values); c++) {
		for (size_t m = 0; m < LENGTH(values); m++)
			assert_true(interval_daly(values[c], values[m]) >= 1);
	}
	assert_int_equal(interval_daly(10, 0), 1);
	assert_int_equal(interval_daly(10, -1), 1);
	assert_int_equal(interval_daly(10, NAN), 1);
	assert_int_equal(interval_daly(1e-9, 1e-9), 1);
}

static void the_more_often_nodes_fail_the_more_often_a_job_is_saved(void **state)
{
	for (double cost = 0.5; cost < 3600; cost *= 2) {
		long before = 0;

		for (double mtbf = 1; mtbf < 100 * 365 * DAY; mtbf *= 1.5) {
			long now = interval_daly(cost, mtbf);

			/* in steps too wide to show where the two formulas meet */
			assert_true(now >= before);
			assert_true(now < 100 * 365 * (long)DAY);
			before = now;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_interval_is_Dalys),
		cmocka_unit_test(little_more_is_lost_than_at_the_best_interval),
		cmocka_unit_test(
			where_checkpoints_cost_more_than_failures_the_interval_is_the_mtbf),
		cmocka_unit_test(a_cost_that_is_not_known_is_ten_seconds),
		cmocka_unit_test(it_is_never_less_than_a_second),
		cmocka_unit_test(the_more_often_nodes_fail_the_more_often_a_job_is_saved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
