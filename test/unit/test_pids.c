// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/pids.h"

#include <stdlib.h>

#include "testing.h"

#define DEFAULT_LIMIT 32768

static void each_job_has_a_number_of_its_own_until_all_are_in_use(void **state)
{
	const int range = DEFAULT_LIMIT - PIDS_FIRST - PIDS_FOR_RESTORE;
	char *seen = calloc(DEFAULT_LIMIT, 1);

	(void)state;
	for (int i = 0; i < range; i++) {
		pid_t pid = pids_first(4000000000U + (unsigned int)i, DEFAULT_LIMIT);

		assert_true(pid >= PIDS_FIRST);
		assert_true(pid < DEFAULT_LIMIT - PIDS_FOR_RESTORE);
		assert_int_equal(seen[pid]++, 0);
	}
	free(seen);
}

static void consecutive_jobs_are_far_apart(void **state)
{
	(void)state;
	for (unsigned int job = 1; job < 1000; job++) {
		for (unsigned int other = job + 1; other < job + 20; other++) {
			long apart = labs((long)pids_first(job, 4194304) -
					  (long)pids_first(other, 4194304));

			assert_true(apart > 100000);
		}
	}
}

static void few_numbers_are_enough(void **state)
{
	(void)state;
	assert_int_equal(pids_first(7, 400), 300);
	for (unsigned int job = 0; job < 100; job++)
		assert_true(pids_first(job, 3001) < 3001);
}

static void a_restore_has_room_behind_the_highest(void **state)
{
	pid_t used[] = { 5000, 5002, 5001, 5002 };

	(void)state;
	assert_int_equal(pids_gap(used, 4, DEFAULT_LIMIT), 5102);
}

static void after_the_numbers_began_again_it_has_the_widest_gap(void **state)
{
	pid_t used[] = { 32700, 32767, 301, 2000, 2500 };
	pid_t packed[] = { 300, 32700 };

	(void)state;
	assert_int_equal(pids_gap(used, 5, DEFAULT_LIMIT), 2500);
	assert_int_equal(pids_gap(packed, 2, DEFAULT_LIMIT), 300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_job_has_a_number_of_its_own_until_all_are_in_use),
		cmocka_unit_test(consecutive_jobs_are_far_apart),
		cmocka_unit_test(few_numbers_are_enough),
		cmocka_unit_test(a_restore_has_room_behind_the_highest),
		cmocka_unit_test(after_the_numbers_began_again_it_has_the_widest_gap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
