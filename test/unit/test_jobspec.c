// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/jobspec.h"

#include <string.h>

#include "testing.h"

#define NO_TASK JOBSPEC_NO_TASK

static void what_names_jobs_is_taken(void **state)
{
	static const struct {
		const char *text;
		uint32_t job;
		bool tasks;
		struct jobspec_range ranges[4];
		size_t nranges;
	} cases[] = {
		{ "1", 1, false, { { 0 } }, 0 },
		{ "007", 7, false, { { 0 } }, 0 },
		{ "4294967294", 4294967294, false, { { 0 } }, 0 },
		{ "1_0", 1, true, { { 0, 0 } }, 1 },
		{ "123_4", 123, true, { { 4, 4 } }, 1 },
		{ "1_4294967294", 1, true, { { 4294967294, 4294967294 } }, 1 },
		{ "1_[3]", 1, true, { { 3, 3 } }, 1 },
		{ "1_[1-5]", 1, true, { { 1, 5 } }, 1 },
		{ "1_[5-5]", 1, true, { { 5, 5 } }, 1 },
		{ "1_[1-5,7]", 1, true, { { 1, 5 }, { 7, 7 } }, 2 },
		{ "1_[7,1-5,3-9,0]",
		  1,
		  true,
		  { { 7, 7 }, { 1, 5 }, { 3, 9 }, { 0, 0 } },
		  4 },
		{ "1_*", 1, true, { { 0, 4294967294 } }, 1 },
	};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct jobspec_list list = { 0 };
		struct error e = { .text = "" };
		const struct jobspec *spec;

		if (jobspec_parse(&list, cases[i].text, &e) < 0)
			fail_msg("%s: %s", cases[i].text, e.text);
		assert_int_equal(list.count, 1);
		spec = &list.specs[0];
		assert_string_equal(spec->text, cases[i].text);
		assert_int_equal(spec->job, cases[i].job);
		assert_int_equal(spec->tasks, cases[i].tasks);
		assert_int_equal(spec->nranges, cases[i].nranges);
		for (size_t r = 0; r < spec->nranges; r++) {
			assert_int_equal(spec->ranges[r].first, cases[i].ranges[r].first);
			assert_int_equal(spec->ranges[r].last, cases[i].ranges[r].last);
		}
		jobspec_free(&list);
	}
}

static void anything_else_is_refused_by_its_name(void **state)
{
	static const char *const texts[] = {
		"",
		" 1",
		"1 ",
		"-1",
		"+1",
		"0x1",
		"1.0",
		"1+1",
		"job",
		"*",
		"_",
		"_1",
		"_*",
		"_[1]",
		"1_",
		"0",
		"0_1",
		"00",
		"1__2",
		"1_2_3",
		"1_[",
		"1_]",
		"1_[]",
		"1_][",
		"1_[1",
		"1_1]",
		"1_[[1]]",
		"1_[1]2",
		"1_[3-1]",
		"1_[1-]",
		"1_[-1]",
		"1_[-]",
		"1_[1-2-3]",
		"1_[1--2]",
		"1_[*]",
		"1_[1-*]",
		"1_[ 1]",
		"1_[1-5:2]",
		"1_[1-5%2]",
		"1_**",
		"1_-1",
		"1_1-5",
		"4294967295",
		"4294967296",
		"99999999999999999999999999999999",
		"1_4294967295",
		"1_[0-4294967295]",
		"1_18446744073709551617",
		"1_[99999999999999999999]",
		"1_[1,2",
		/* after ranges that were right */
		"1_[1-2,3-1]",
		"1_[1,2,3,4,5,6,7,8,9,2-1]",
		"1_[1,2,3,4,5,6,7,8,9,]",
		"1_[1,,2]",
		"1_[,1]",
	};

	for (size_t i = 0; i < LENGTH(texts); i++) {
		struct jobspec_list list = { 0 };
		struct error e = { .text = "" };

		if (jobspec_parse(&list, texts[i], &e) == 0)
			fail_msg("\"%s\" was taken", texts[i]);
		assert_says(&e, "Invalid job id ");
		assert_says(&e, texts[i]);
		jobspec_free(&list);
	}
}

static void a_comma_outside_of_brackets_begins_another_job(void **state)
{
	static const struct {
		const char *text;
		const char *items[4];
	} cases[] = {
		{ "1,2", { "1", "2" } },
		{ "1,1,1", { "1", "1", "1" } },
		{ "1_[1,2],3", { "1_[1,2]", "3" } },
		{ "3,1_[1,2]", { "3", "1_[1,2]" } },
		{ "1_4,2_*,3_[1-2,4,6-8],5", { "1_4", "2_*", "3_[1-2,4,6-8]", "5" } },
	};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct jobspec_list list = { 0 };
		struct error e = { .text = "" };
		size_t n;

		if (jobspec_parse(&list, cases[i].text, &e) < 0)
			fail_msg("%s: %s", cases[i].text, e.text);
		for (n = 0; n < 4 && cases[i].items[n]; n++)
			assert_string_equal(list.specs[n].text, cases[i].items[n]);
		assert_int_equal(list.count, n);
		jobspec_free(&list);
	}
}

static void a_list_with_one_that_is_wrong_is_refused(void **state)
{
	static const struct {
		const char *text, *wrong;
	} cases[] = {
		{ ",", "" },	    { "1,", "" },     { ",1", "" },
		{ "1,,2", "" },	    { "1,x,2", "x" }, { "1,2_[1,2,3", "2_[1,2,3" },
		{ "1_[2],0", "0" }, { "1],2", "1]" }, { "1_2,3 ,4", "3 " },
		{ "1, 2", " 2" },
	};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct jobspec_list list = { 0 };
		struct error e = { .text = "" };

		if (jobspec_parse(&list, cases[i].text, &e) == 0)
			fail_msg("\"%s\" was taken", cases[i].text);
		assert_int_equal(strncmp(e.text, "Invalid job id ", 15), 0);
		assert_string_equal(e.text + 15, cases[i].wrong);
		jobspec_free(&list);
	}
}

static void each_call_adds_to_the_list(void **state)
{
	struct jobspec_list list = { 0 };
	struct error e;

	assert_int_equal(jobspec_parse(&list, "1,2", &e), 0);
	assert_int_equal(jobspec_parse(&list, "3_4", &e), 0);
	assert_int_equal(list.count, 3);
	assert_string_equal(list.specs[0].text, "1");
	assert_string_equal(list.specs[2].text, "3_4");
	jobspec_free(&list);
	assert_int_equal(list.count, 0);
	assert_null(list.specs);
}

static void a_job_is_named_by_its_id_and_an_element_by_its_array_too(void **state)
{
	static const struct {
		const char *text;
		uint32_t job, array, task;
		bool matches;
	} cases[] = {
		/* a job that is in no array */
		{ "5", 5, 0, NO_TASK, true },
		{ "5", 6, 0, NO_TASK, false },
		{ "5_*", 5, 0, NO_TASK, false },
		{ "5_0", 5, 0, NO_TASK, false },
		{ "5_0", 5, 0, 0, false },
		/* element 3 of array 10 is job 12 */
		{ "12", 12, 10, 3, true },
		{ "10", 12, 10, 3, true },
		{ "3", 12, 10, 3, false },
		{ "11", 12, 10, 3, false },
		{ "10_3", 12, 10, 3, true },
		{ "10_2", 12, 10, 3, false },
		{ "12_3", 12, 10, 3, false },
		{ "10_*", 12, 10, 3, true },
		{ "11_*", 12, 10, 3, false },
		{ "10_[0-2,4-9]", 12, 10, 3, false },
		{ "10_[0-3]", 12, 10, 3, true },
		{ "10_[3-4]", 12, 10, 3, true },
		{ "10_[9,1,3]", 12, 10, 3, true },
		{ "10_[4-6]", 12, 10, 5, true },
		/* the last one has the array's own number */
		{ "10", 10, 10, 4294967294, true },
		{ "10_*", 10, 10, 4294967294, true },
		{ "10_[0-4294967293]", 10, 10, 4294967294, false },
		/* what is left of an array that is still pending */
		{ "10", 10, 10, NO_TASK, true },
		{ "10_*", 10, 10, NO_TASK, false },
		{ "10_[0-4294967294]", 10, 10, NO_TASK, false },
	};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct jobspec_list list = { 0 };
		struct error e;

		assert_int_equal(jobspec_parse(&list, cases[i].text, &e), 0);
		if (jobspec_matches(&list.specs[0], cases[i].job, cases[i].array,
				    cases[i].task) != cases[i].matches)
			fail_msg("case %zu: %s", i, cases[i].text);
		jobspec_free(&list);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_names_jobs_is_taken),
		cmocka_unit_test(anything_else_is_refused_by_its_name),
		cmocka_unit_test(a_comma_outside_of_brackets_begins_another_job),
		cmocka_unit_test(a_list_with_one_that_is_wrong_is_refused),
		cmocka_unit_test(each_call_adds_to_the_list),
		cmocka_unit_test(
			a_job_is_named_by_its_id_and_an_element_by_its_array_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
