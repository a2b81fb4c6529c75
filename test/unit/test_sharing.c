// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/sharing.h"

#include "testing.h"

static void a_pattern_of_output_is_what_Slurm_makes_of_it(void **state)
{
	static const struct sharing_job job = { .id = 17, .array = 12, .array_task = 3 };
	static const struct {
		const char *pattern, *path;
		bool same;
	} cases[] = {
		{ "all.txt", "/x/all.txt", true },
		{ "/y/all.txt", "/x/all.txt", true }, /* links may lead there */
		{ "all.txt", "/x/all.txt2", false },
		{ "slurm-%j.out", "/x/slurm-17.out", true },
		{ "slurm-%j.out", "/x/slurm-18.out", false },
		{ "slurm-%A_%a.out", "/x/slurm-12_3.out", true },
		{ "slurm-%A_%a.out", "/x/slurm-12_4.out", false },
		{ "slurm-%A.out", "/x/slurm-12.out", true },
		{ "out.%4a", "/x/out.0003", true },
		{ "out.%4a", "/x/out.0004", false },
		{ "%x-%a.log", "/x/name-3.log", true },
		{ "%x-%a.log", "/x/name-4.log", false },
		{ "out-%N", "/x/out-n1", true },
		{ "out-%N", "/x/err-n1", false },
		{ "100%", "/x/100", true },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		if (sharing_matches(&job, cases[i].pattern, cases[i].path) !=
		    cases[i].same)
			fail_msg("%s %s", cases[i].pattern, cases[i].path);
	}
}

static void jobs_share_what_both_can_name(void **state)
{
	static const struct {
		const char *mine, *others, *path;
		bool shared;
	} cases[] = {
		{ "/h/u", "/h/u", "/h/u/results.csv", true },
		{ "/h/u/run1", "/h/u/run2", "/h/u/run1/log", false },
		{ "/h/u/run1", "/h/u/run2", "/h/u/results.csv", true },
		{ "/h/u/run1", "/h/u", "/h/u/run1/log", true },
		{ "/h/u/run1", "/h/u/run1/sub", "/h/u/run1/log", true },
		{ "/h/u/run1", "/h/u/run10", "/h/u/run1/log", false },
		{ "/h/u/run1", "/h/u/run2", "/project/results.csv", true },
		{ "/", "/", "/log", true },
		{ NULL, "/h/u/run2", "/h/u/run1/log", true },
		{ "/h/u/run1", NULL, "/h/u/run1/log", true },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		const struct sharing_job self = { .id = 1, .directory = cases[i].mine };
		const struct sharing_job other = { .id = 2,
						   .directory = cases[i].others };

		if (sharing_may(&self, &other, cases[i].path, false) != cases[i].shared)
			fail_msg("%s", cases[i].path);
	}
}

static void an_output_of_Slurms_is_shared_by_its_name(void **state)
{
	static const struct sharing_job self = { .id = 1, .directory = "/h/u" };
	struct sharing_job other = { .id = 2, .directory = "/h/u", .output = "out" };

	(void)state;
	assert_true(sharing_may(&self, &other, "/h/u/out", true));
	assert_false(sharing_may(&self, &other, "/h/u/log", true));
	other.error = "log";
	assert_true(sharing_may(&self, &other, "/h/u/log", true));
	/* Of one that slurmctld has forgotten nobody tells its output. */
	other.output = other.error = NULL;
	assert_true(sharing_may(&self, &other, "/h/u/log", true));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pattern_of_output_is_what_Slurm_makes_of_it),
		cmocka_unit_test(jobs_share_what_both_can_name),
		cmocka_unit_test(an_output_of_Slurms_is_shared_by_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
