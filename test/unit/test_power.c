// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/power.h"

#include "testing.h"

static const struct power_model model = {
	.busy = 4, .idle = 2, .off = 1, .boot = 3, .suspend = 100, .boot_time = 10
};

static void nodes_that_are_always_on_take_what_idle_ones_do(void **state)
{
	struct power_model on = model;
	struct power_sums sums;
	struct power p;

	(void)state;
	on.suspend = 0;
	assert_int_equal(power_init(&p, 2), 0);
	assert_false(power_use(&p, &on, 0, 500, 1000));
	power_leave(&p, 0, 600);
	sums = power_finish(&p, &on, 100, 1000);
	assert_true(sums.always_on == 2000 * 2 + 100 * 2);
	assert_true(sums.joules == sums.always_on);
	assert_true(sums.bound == 100 * 4 + 1900);
	power_free(&p);
}

/* The first is off from 100 to 500 and from 700 on, and boots once; the second from 100. */
static void an_idle_node_is_off_until_it_is_used(void **state)
{
	struct power_sums sums;
	struct power p;

	(void)state;
	assert_int_equal(power_init(&p, 2), 0);
	assert_false(power_is_off(&p, &model, 0, 100));
	assert_true(power_is_off(&p, &model, 0, 101));
	assert_true(power_use(&p, &model, 0, 500, 1000));
	assert_false(power_is_off(&p, &model, 0, 590));
	power_leave(&p, 0, 600);
	sums = power_finish(&p, &model, 100, 1000);
	assert_true(sums.joules == sums.always_on - (400 + 300 + 900) + 10);
	assert_int_equal(p.boots, 1);
	power_free(&p);
}

/* It is used again beyond the end: off up to that, and no boot. */
static void what_is_beyond_the_end_does_not_count(void **state)
{
	struct power_sums sums;
	struct power p;

	(void)state;
	assert_int_equal(power_init(&p, 1), 0);
	assert_true(power_use(&p, &model, 0, 2000, 1000));
	power_leave(&p, 0, 2100);
	sums = power_finish(&p, &model, 0, 1000);
	assert_true(sums.joules == 1000 * 2 - 900);
	assert_int_equal(p.boots, 0);
	power_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nodes_that_are_always_on_take_what_idle_ones_do),
		cmocka_unit_test(an_idle_node_is_off_until_it_is_used),
		cmocka_unit_test(what_is_beyond_the_end_does_not_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
