// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/worth.h"

#include <math.h>

#include "testing.h"

static void work_is_saved_if_it_is_more_than_a_checkpoint_costs(void **state)
{
	static const struct {
		struct worth worth; /* saved, cost, work, lost */
		bool saving;
	} cases[] = {
		{ { true, 10, 0, 0 }, false },	 { { true, 10, 9.9, 0 }, false },
		{ { true, 10, 10, 0 }, true },	 { { true, 10, 3600, 0 }, true },
		{ { true, 10, 5, 4.9 }, false }, { { true, 10, 5, 5 }, true },
		{ { true, 10, 0, 11 }, true },	 { { true, 0.3, 0.2, 0 }, false },
		{ { true, 0.3, 0.4, 0 }, true },
	};

	for (size_t i = 0; i < LENGTH(cases); i++)
		assert_int_equal(worth_saving(&cases[i].worth), cases[i].saving);
}

static void what_is_not_known_is_saved(void **state)
{
	static const struct worth cases[] = {
		{ false, 10, 1, 0 },  { true, 0, 1, 0 },    { true, -1, 1, 0 },
		{ true, 10, -1, 0 },  { true, 10, 1, -1 },  { true, NAN, 1, 0 },
		{ true, 10, NAN, 0 }, { true, 10, 1, NAN },
	};

	for (size_t i = 0; i < LENGTH(cases); i++)
		assert_true(worth_saving(&cases[i]));
}

struct run {
	double saved, lost, useful, total; /* seconds */
};

/* A job whose runs all last as long, until it is told to leave. */
static struct run live(double length, double cost, unsigned int times)
{
	struct run r = { 0 };
	struct worth w = { .saved = true, .cost = cost };

	for (unsigned int i = 0; i < times; i++) {
		w.work = length;
		r.total += length;
		if (worth_saving(&w)) {
			r.useful += length;
			r.total += cost;
			w.lost = 0;
		} else {
			w.lost += length;
			r.lost = fmax(r.lost, w.lost);
		}
	}
	return r;
}

static void a_job_that_is_preempted_for_ever_at_any_interval_gets_on(void **state)
{
	for (double length = 0.01; length < 100; length *= 1.3) {
		const unsigned int times = (unsigned int)(100 / length) + 100;
		struct run r = live(length, 10, times);

		/* of each 10 s and the run that comes to more, at least that is kept */
		assert_true(r.useful > 0);
		assert_true(r.useful >=
			    (floor(times * length / (10 + length)) - 1) * length);
	}
}

static void between_two_checkpoints_less_is_left_behind_than_one_costs(void **state)
{
	for (double length = 0.01; length < 100; length *= 1.3)
		assert_true(live(length, 10, 20000).lost < 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(work_is_saved_if_it_is_more_than_a_checkpoint_costs),
		cmocka_unit_test(what_is_not_known_is_saved),
		cmocka_unit_test(
			a_job_that_is_preempted_for_ever_at_any_interval_gets_on),
		cmocka_unit_test(
			between_two_checkpoints_less_is_left_behind_than_one_costs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
