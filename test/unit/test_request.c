// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/request.h"

#include "testing.h"

#define ALL                                                                \
	(REQUEST_INTERVAL | REQUEST_CREATE | REQUEST_LOOK | REQUEST_WARN | \
	 REQUEST_REQUEUE | REQUEST_VACATE)

static void what_leaves_the_nodes_is_done_first(void **state)
{
	static const struct {
		unsigned int waiting;
		enum request first;
	} cases[] = {
		{ REQUEST_NONE, REQUEST_NONE },
		{ REQUEST_INTERVAL, REQUEST_INTERVAL },
		{ REQUEST_INTERVAL | REQUEST_CREATE, REQUEST_CREATE },
		{ REQUEST_CREATE | REQUEST_LOOK, REQUEST_LOOK },
		{ REQUEST_LOOK | REQUEST_WARN, REQUEST_WARN },
		{ REQUEST_WARN | REQUEST_INTERVAL, REQUEST_WARN },
		{ REQUEST_WARN | REQUEST_REQUEUE, REQUEST_REQUEUE },
		{ REQUEST_REQUEUE | REQUEST_VACATE, REQUEST_VACATE },
		{ ALL, REQUEST_VACATE },
	};

	for (size_t i = 0; i < LENGTH(cases); i++)
		assert_int_equal(request_first(cases[i].waiting), cases[i].first);
}

static void what_waits_for_a_checkpoint_is_served_by_any_that_begins_afterwards(
	void **state)
{
	static const struct {
		unsigned int waiting;
		enum request begun;
		unsigned int left;
	} cases[] = {
		{ REQUEST_INTERVAL, REQUEST_INTERVAL, REQUEST_NONE },
		{ REQUEST_CREATE | REQUEST_INTERVAL, REQUEST_CREATE, REQUEST_NONE },
		{ REQUEST_WARN | REQUEST_INTERVAL, REQUEST_WARN, REQUEST_NONE },
		/* A look may come to nothing. */
		{ REQUEST_LOOK | REQUEST_INTERVAL, REQUEST_LOOK, REQUEST_INTERVAL },
		/* What else was asked for is not forgotten. */
		{ REQUEST_VACATE | REQUEST_WARN, REQUEST_VACATE, REQUEST_WARN },
		{ REQUEST_WARN | REQUEST_CREATE, REQUEST_WARN, REQUEST_NONE },
		{ ALL, REQUEST_VACATE,
		  ALL & ~(REQUEST_VACATE | REQUEST_INTERVAL | REQUEST_CREATE) },
	};

	for (size_t i = 0; i < LENGTH(cases); i++)
		assert_int_equal(request_after(cases[i].waiting, cases[i].begun),
				 cases[i].left);
}

static void all_that_waits_is_done_in_the_end(void **state)
{
	for (unsigned int waiting = 0; waiting <= ALL; waiting++) {
		unsigned int left = waiting, rounds = 0;

		while (left) {
			left = request_after(left, request_first(left));
			assert_true(++rounds <= 6);
		}
	}
}

/* A checkpoint that was begun to go on is in the way of one that is to leave. */
static void only_who_must_leave_ends_a_checkpoint_that_goes_on(void **state)
{
	static const enum request order[] = { REQUEST_INTERVAL, REQUEST_CREATE,
					      REQUEST_LOOK,	REQUEST_WARN,
					      REQUEST_REQUEUE,	REQUEST_VACATE };

	for (size_t running = 0; running < LENGTH(order); running++) {
		for (size_t asked = 0; asked < LENGTH(order); asked++)
			assert_int_equal(request_overrides(order[running], order[asked]),
					 running < 3 && asked >= 3);
	}
}

static void a_job_leaves_as_its_request_and_slurm_want_it(void **state)
{
	static const struct {
		enum request request;
		struct request_facts facts; /* as in plan/request.h */
		enum leaving leaving;
	} cases[] = {
		{ REQUEST_INTERVAL, { false, false, false, 0, false }, LEAVE_NOT },
		{ REQUEST_INTERVAL, { true, true, true, 0, false }, LEAVE_NOT },
		{ REQUEST_CREATE, { true, true, true, 0, false }, LEAVE_NOT },
		{ REQUEST_LOOK, { false, false, false, 0, false }, LEAVE_IGNORE },
		{ REQUEST_LOOK, { false, true, true, 0, false }, LEAVE_IGNORE },
		{ REQUEST_LOOK, { true, false, false, 0, false }, LEAVE_QUEUE },
		{ REQUEST_LOOK, { true, true, false, 4, false }, LEAVE_END },
		/* Slurm's warning is of preemption, or else of the time limit. */
		{ REQUEST_WARN, { false, false, false, 0, false }, LEAVE_NOT },
		{ REQUEST_WARN, { false, true, false, 0, false }, LEAVE_NOT },
		{ REQUEST_WARN, { false, false, true, 0, false }, LEAVE_QUEUE },
		{ REQUEST_WARN, { true, false, false, 0, false }, LEAVE_QUEUE },
		{ REQUEST_WARN, { true, true, false, 4, false }, LEAVE_END },
		/* An end may be taken for a failure, and too many have the job held. */
		{ REQUEST_WARN, { true, true, false, 2, false }, LEAVE_END },
		{ REQUEST_WARN, { true, true, false, 1, false }, LEAVE_QUEUE },
		{ REQUEST_WARN, { true, true, false, 0, false }, LEAVE_QUEUE },
		{ REQUEST_WARN, { true, false, false, 4, false }, LEAVE_QUEUE },
		{ REQUEST_REQUEUE, { false, false, false, 0, false }, LEAVE_QUEUE },
		{ REQUEST_REQUEUE, { true, true, false, 4, false }, LEAVE_END },
		{ REQUEST_VACATE, { false, false, false, 0, false }, LEAVE_HOLD },
		/* Who asked for it to be held does not want it queued. */
		{ REQUEST_VACATE, { true, true, true, 0, false }, LEAVE_HOLD },
		/* What Slurm would not take back stays; it can still be saved. */
		{ REQUEST_WARN, { true, true, true, 4, true }, LEAVE_NOT },
		{ REQUEST_LOOK, { true, true, true, 4, true }, LEAVE_NOT },
		{ REQUEST_LOOK, { false, false, false, 0, true }, LEAVE_IGNORE },
		{ REQUEST_REQUEUE, { false, false, false, 0, true }, LEAVE_NOT },
	};

	for (size_t i = 0; i < LENGTH(cases); i++)
		assert_int_equal(request_leaving(cases[i].request, &cases[i].facts),
				 cases[i].leaving);
}

static void the_record_says_why(void **state)
{
	static const struct {
		enum request request;
		bool preempted;
		const char *reason;
	} cases[] = {
		{ REQUEST_INTERVAL, false, "interval" },
		{ REQUEST_CREATE, false, "request" },
		{ REQUEST_LOOK, true, "preemption" },
		{ REQUEST_WARN, true, "preemption" },
		{ REQUEST_WARN, false, "time-limit" },
		{ REQUEST_REQUEUE, false, "requeue" },
		{ REQUEST_VACATE, false, "vacate" },
	};

	for (size_t i = 0; i < LENGTH(cases); i++)
		assert_string_equal(request_reason(cases[i].request, cases[i].preempted),
				    cases[i].reason);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_leaves_the_nodes_is_done_first),
		cmocka_unit_test(
			what_waits_for_a_checkpoint_is_served_by_any_that_begins_afterwards),
		cmocka_unit_test(all_that_waits_is_done_in_the_end),
		cmocka_unit_test(only_who_must_leave_ends_a_checkpoint_that_goes_on),
		cmocka_unit_test(a_job_leaves_as_its_request_and_slurm_want_it),
		cmocka_unit_test(the_record_says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
