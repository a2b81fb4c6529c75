// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/migrate.h"

#include "testing.h"

static const struct migrate_policy usual = { .parallel = MIGRATE_MOVE,
					     .uncheckpointable = MIGRATE_WAIT,
					     .after_wait = MIGRATE_SKIP };

static void only_what_could_start_elsewhere_is_moved(void **state)
{
	static const struct {
		struct migrate_facts facts;
		enum migrate_act act;
		enum migrate_why why;
	} cases[] = {
		{ { .protected = true, .fits = true }, MIGRATE_MOVE, MIGRATE_CAN },
		{ { .protected = true }, MIGRATE_WAIT, MIGRATE_FULL },
		{ { .protected = true, .fits = true, .behind = true },
		  MIGRATE_WAIT,
		  MIGRATE_BEHIND },
		{ { .protected = true, .fits = true, .refused = true },
		  MIGRATE_WAIT,
		  MIGRATE_REFUSED },
		{ { .protected = true, .fits = true, .bound = true },
		  MIGRATE_WAIT,
		  MIGRATE_BOUND },
		{ { .protected = true, .fits = true, .suspended = true },
		  MIGRATE_WAIT,
		  MIGRATE_SUSPENDED },
		{ { .protected = true, .fits = true, .parallel = true },
		  MIGRATE_MOVE,
		  MIGRATE_CAN },
		{ { .fits = true }, MIGRATE_WAIT, MIGRATE_UNPROTECTED },
		{ { .parallel = true }, MIGRATE_WAIT, MIGRATE_UNPROTECTED },
		/* Who waited for long enough is not waited for any more. */
		{ { .protected = true, .late = true }, MIGRATE_SKIP, MIGRATE_FULL },
		{ { .late = true }, MIGRATE_SKIP, MIGRATE_UNPROTECTED },
		{ { .protected = true, .fits = true, .late = true },
		  MIGRATE_MOVE,
		  MIGRATE_CAN },
	};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct migrate_verdict v = migrate_decide(&usual, &cases[i].facts);

		assert_int_equal(v.act, cases[i].act);
		assert_int_equal(v.why, cases[i].why);
	}
}

static void force_moves_what_would_have_to_wait_but_not_what_cannot_leave(void **state)
{
	struct migrate_policy force = usual;

	force.force = true;
	assert_int_equal(
		migrate_decide(&force, &(struct migrate_facts){ .protected = true }).act,
		MIGRATE_MOVE);
	assert_int_equal(
		migrate_decide(&force, &(struct migrate_facts){ .protected = true,
								.behind = true })
			.act,
		MIGRATE_MOVE);
	assert_int_equal(
		migrate_decide(&force, &(struct migrate_facts){ .protected = true,
								.bound = true })
			.act,
		MIGRATE_WAIT);
	assert_int_equal(migrate_decide(&force, &(struct migrate_facts){ 0 }).act,
			 MIGRATE_WAIT);
}

static void jobs_on_several_nodes_and_those_without_a_runner_have_policies(void **state)
{
	struct migrate_policy p = usual;

	for (int act = MIGRATE_WAIT; act <= MIGRATE_FAIL; act++) {
		p.uncheckpointable = (enum migrate_act)act;
		p.parallel = MIGRATE_MOVE;
		assert_int_equal(migrate_decide(&p, &(struct migrate_facts){ 0 }).act,
				 act);
		/* One on several nodes is not what was meant by that. */
		assert_int_equal(
			migrate_decide(&p, &(struct migrate_facts){ .parallel = true })
				.act,
			MIGRATE_WAIT);
	}
	for (int act = MIGRATE_WAIT; act <= MIGRATE_SKIP; act++) {
		p.parallel = (enum migrate_act)act;
		assert_int_equal(
			migrate_decide(&p, &(struct migrate_facts){ .parallel = true,
								    .protected = true,
								    .fits = true })
				.act,
			act);
	}
}

static void no_job_is_ended_because_its_checkpoint_failed(void **state)
{
	for (int bits = 0; bits < 256; bits++) {
		struct migrate_facts f = {
			.protected = bits & 1,
			.parallel = bits & 2,
			.suspended = bits & 4,
			.bound = bits & 8,
			.refused = bits & 16,
			.fits = bits & 32,
			.behind = bits & 64,
			.late = bits & 128,
			.failed = true,
		};
		struct migrate_policy p = { .parallel = MIGRATE_CANCEL,
					    .uncheckpointable = MIGRATE_CANCEL,
					    .after_wait = MIGRATE_CANCEL,
					    .force = bits & 1 };

		assert_int_equal(migrate_decide(&p, &f).act, MIGRATE_SKIP);
		assert_int_equal(migrate_decide(&p, &f).why, MIGRATE_FAILED);
	}
}

static void what_can_be_saved_is_not_requeued_without_its_checkpoint(void **state)
{
	struct migrate_policy p = usual;

	p.after_wait = MIGRATE_REQUEUE;
	assert_int_equal(migrate_decide(&p, &(struct migrate_facts){ .protected = true,
								     .late = true })
				 .act,
			 MIGRATE_MOVE);
	assert_int_equal(migrate_decide(&p, &(struct migrate_facts){ .late = true }).act,
			 MIGRATE_REQUEUE);
}

static void dumps_begin_within_the_number_and_the_rate(void **state)
{
	static const struct {
		struct migrate_pace pace;
		unsigned int dumps;
		uint64_t written;
		double seconds;
		bool may;
	} cases[] = {
		{ { 0, 0 }, 1000, 1ULL << 40, 0, true },
		{ { 2, 0 }, 1, 0, 0, true },
		{ { 2, 0 }, 2, 0, 0, false },
		{ { 0, 1000 }, 0, 0, 0, true },
		{ { 0, 1000 }, 0, 1, 0, false },
		{ { 0, 1000 }, 5, 10000, 9.9, false },
		{ { 0, 1000 }, 5, 10000, 10, true },
		{ { 5, 1000 }, 5, 10000, 10, false },
	};

	for (size_t i = 0; i < LENGTH(cases); i++)
		assert_int_equal(migrate_may_begin(&cases[i].pace, cases[i].dumps,
						   cases[i].written, cases[i].seconds),
				 cases[i].may);
}

static void the_largest_is_asked_first_and_the_elder_of_equals(void **state)
{
	assert_true(migrate_order(2000, 9, 1000, 1) < 0);
	assert_true(migrate_order(1000, 1, 2000, 9) > 0);
	assert_true(migrate_order(1000, 1, 1000, 2) < 0);
	assert_true(migrate_order(1000, 2, 1000, 1) > 0);
	assert_int_equal(migrate_order(1000, 1, 1000, 1), 0);
}

static void acts_are_read_as_they_are_written(void **state)
{
	enum migrate_act act;

	for (int i = 0; i < MIGRATE_ACTS; i++) {
		assert_int_equal(migrate_act(migrate_word((enum migrate_act)i), &act), 0);
		assert_int_equal(act, i);
	}
	assert_int_equal(migrate_act("", &act), -1);
	assert_int_equal(migrate_act("Move", &act), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_could_start_elsewhere_is_moved),
		cmocka_unit_test(
			force_moves_what_would_have_to_wait_but_not_what_cannot_leave),
		cmocka_unit_test(
			jobs_on_several_nodes_and_those_without_a_runner_have_policies),
		cmocka_unit_test(no_job_is_ended_because_its_checkpoint_failed),
		cmocka_unit_test(
			what_can_be_saved_is_not_requeued_without_its_checkpoint),
		cmocka_unit_test(dumps_begin_within_the_number_and_the_rate),
		cmocka_unit_test(the_largest_is_asked_first_and_the_elder_of_equals),
		cmocka_unit_test(acts_are_read_as_they_are_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
