// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/states.h"

#include "testing.h"

#define EACH_STATE(s)	  (enum state s = STATE_RUNS; states_stays(s); s++)
#define EACH_HAPPENING(h) (enum happening h = HAPPENS_END; h < HAPPENINGS; h++)

static bool is_result(enum happening h)
{
	return h >= HAPPENS_KEPT;
}

static void no_failure_takes_the_runner_from_a_job_that_runs(void **state)
{
	static const enum happening failures[] = { HAPPENS_NOT_BEGUN, HAPPENS_FAILED,
						   HAPPENS_UNWANTED };

	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		assert_int_equal(states_next(STATE_RUNS, failures[i]), STATE_RUNS);
		assert_true(states_stays(states_next(STATE_SAVING, failures[i])));
	}
	/* What harms it takes it back, and ends nothing. */
	assert_int_equal(states_next(STATE_SAVING, HAPPENS_HARMED), STATE_GOES_BACK);
}

static void only_its_own_end_ends_a_job(void **state)
{
	for
		EACH_STATE(s)
		{
		for
			EACH_HAPPENING(h)
			{
				bool gone = s == STATE_SAVING_GONE || h == HAPPENS_END;

				if (!gone)
					assert_int_not_equal(states_next(s, h),
							     STATE_ENDS);
			}
		}
}

static void a_committed_checkpoint_is_never_lost(void **state)
{
	for
		EACH_STATE(s)
		{
			if (!states_is_saving(s) || s == STATE_SAVING_RIVAL)
				continue;
			assert_int_equal(states_next(s, HAPPENS_KEPT_STOP), STATE_LEAVES);
			assert_int_equal(states_next(s, HAPPENS_KEPT_ENDED),
					 STATE_CONTINUES);
		}
}

static void every_result_of_a_worker_ends_its_work(void **state)
{
	for
		EACH_STATE(s)
		{
		for
			EACH_HAPPENING(h)
			{
				if (states_is_saving(s) && is_result(h))
					assert_false(states_is_saving(states_next(s, h)));
				if (!states_is_saving(s) && is_result(h))
					assert_int_equal(states_next(s, h), s);
			}
		}
}

static void a_rival_waits_for_the_worker_and_for_nothing_else(void **state)
{
	for
		EACH_STATE(s)
		{
			enum state next = states_next(s, HAPPENS_RIVAL);

			assert_int_equal(next, states_is_saving(s) ? STATE_SAVING_RIVAL
								   : STATE_YIELDS);
		}
	for
		EACH_HAPPENING(h)
		{
			assert_int_equal(states_next(STATE_SAVING_RIVAL, h),
					 is_result(h) ? STATE_YIELDS
						      : STATE_SAVING_RIVAL);
		}
}

static void every_outcome_is_reached_and_is_the_last(void **state)
{
	bool reached[STATES] = { [STATE_RUNS] = true };

	for (int again = 0; again < STATES; again++) {
		for
			EACH_STATE(s)
			{
			for
				EACH_HAPPENING(h)
				{
					if (reached[s])
						reached[states_next(s, h)] = true;
				}
			}
	}
	for (int s = 0; s < STATES; s++)
		assert_true(reached[s]);
	for (int s = STATE_ENDS; s < STATES; s++) {
		for
			EACH_HAPPENING(h)
		assert_int_equal(states_next((enum state)s, h), s);
	}
}

static void what_saved_itself_is_kept_or_run_again(void **state)
{
	assert_int_equal(states_next(STATE_RUNS, HAPPENS_END_SAVED), STATE_SAVED_ITSELF);
	assert_int_equal(states_next(STATE_SAVED_ITSELF, HAPPENS_BEGUN),
			 STATE_SAVING_ITSELF);
	assert_int_equal(states_next(STATE_SAVED_ITSELF, HAPPENS_NOT_BEGUN), STATE_AGAIN);
	assert_int_equal(states_next(STATE_SAVING_ITSELF, HAPPENS_FAILED), STATE_AGAIN);
	assert_int_equal(states_next(STATE_SAVING_ITSELF, HAPPENS_KEPT),
			 STATE_SAVED_ITSELF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_failure_takes_the_runner_from_a_job_that_runs),
		cmocka_unit_test(only_its_own_end_ends_a_job),
		cmocka_unit_test(a_committed_checkpoint_is_never_lost),
		cmocka_unit_test(every_result_of_a_worker_ends_its_work),
		cmocka_unit_test(a_rival_waits_for_the_worker_and_for_nothing_else),
		cmocka_unit_test(every_outcome_is_reached_and_is_the_last),
		cmocka_unit_test(what_saved_itself_is_kept_or_run_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
