// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/numbers.h"

#include <stdlib.h>

#include "testing.h"

static struct numbers of(const char *text)
{
	struct numbers n;

	assert_int_equal(numbers_parse(&n, text), 0);
	return n;
}

static void assert_numbers(const struct numbers *n, const char *expected)
{
	char *text = numbers_format(n);

	assert_non_null(text);
	assert_string_equal(text, expected);
	free(text);
}

static void lists_are_read_and_written_as_the_kernel_does(void **state)
{
	static const struct {
		const char *text;
		const char *written;
		size_t count;
	} good[] = {
		{ "0", "0", 1 },
		{ "0-3", "0-3", 4 },
		{ "1,3-5,8191", "1,3-5,8191", 5 },
		{ "5,4,3", "3-5", 3 },
		{ "2-2,2", "2", 1 },
		{ "60-70,127-129", "60-70,127-129", 14 },
		{ "0-8191", "0-8191", NUMBERS_MAX },
	};
	static const char *const bad[] = {
		"",   "x",    "1-",   "-1",  ",1",    "1,",	"3-1",
		"1 ", "1,,2", "8192", "0x1", "1-2-3", "0-8192", "99999999999999999999"
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(good); i++) {
		struct numbers n = of(good[i].text);

		assert_int_equal(numbers_count(&n), good[i].count);
		assert_numbers(&n, good[i].written);
	}
	for (size_t i = 0; i < LENGTH(bad); i++) {
		struct numbers n;

		assert_int_equal(numbers_parse(&n, bad[i]), -1);
	}
}

static void what_was_bound_is_at_the_same_place_elsewhere(void **state)
{
	static const struct {
		const char *bound, *had, *has, *there;
		enum numbers_move outcome;
	} cases[] = {
		{ "0", "0-3", "0-3", "0", NUMBERS_MOVED },
		{ "5", "4-7", "0-3", "1", NUMBERS_MOVED },
		{ "4,7", "4-7", "10,12,20-21", "10,21", NUMBERS_MOVED },
		{ "1", "0-1", "6,9,12", "9", NUMBERS_MOVED },
		{ "4000", "3999-4000", "0-1", "1", NUMBERS_MOVED },
		/* all of the job's are all of the job's, however many */
		{ "4-7", "4-7", "0-1", "0-1", NUMBERS_MOVED },
		{ "4-7", "4-7", "0-63", "0-63", NUMBERS_MOVED },
		{ "0-7", "4-7", "2-3", "2-3", NUMBERS_MOVED },
		{ "3", "3", "0-1", "0-1", NUMBERS_MOVED },
		/* fewer are there */
		{ "2", "0-3", "8-9", "8", NUMBERS_SHARED },
		{ "3", "0-3", "8-9", "9", NUMBERS_SHARED },
		{ "1-2", "0-3", "8-9", "8-9", NUMBERS_SHARED },
		{ "0-2", "0-3", "5", "5", NUMBERS_SHARED },
		/* the job had none of them, or not all */
		{ "0", "4-7", "2-3", "2-3", NUMBERS_NONE },
		{ "0,5", "4-7", "2-3", "3", NUMBERS_MOVED },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct numbers bound = of(cases[i].bound), had = of(cases[i].had),
			       has = of(cases[i].has), there;

		assert_int_equal(numbers_move(&there, &bound, &had, &has),
				 cases[i].outcome);
		assert_numbers(&there, cases[i].there);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_are_read_and_written_as_the_kernel_does),
		cmocka_unit_test(what_was_bound_is_at_the_same_place_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
