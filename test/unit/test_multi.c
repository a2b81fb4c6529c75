// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "step/multi.h"

#include <string.h>

#include "testing.h"

static char *no_words[] = { NULL };

static void each_task_has_its_line(void **state)
{
	static const char text[] =
		"# comment\n0-1,4 echo a %t %o\n\n2-3 sh -c 'exit 3'\n* d %o\n";
	struct multi m;

	assert_int_equal(multi_parse(&m, text, 7, no_words), MULTI_READ);
	assert_string_equal(m.argv[4][0], "echo");
	assert_string_equal(m.argv[4][2], "4");
	assert_string_equal(m.argv[4][3], "2");
	assert_string_equal(m.argv[3][2], "exit 3");
	assert_string_equal(m.argv[6][1], "6");
	assert_null(m.argv[6][2]);
	multi_free(&m);
}

static void words_of_the_command_line_follow(void **state)
{
	char *more[] = { (char *)"more", NULL };
	struct multi m;

	assert_int_equal(multi_parse(&m, "* echo x", 1, more), MULTI_READ);
	assert_string_equal(m.argv[0][2], "more");
	multi_free(&m);
}

static void what_is_not_clear_is_slurms(void **state)
{
	static const struct {
		const char *text;
		enum multi_answer answer;
	} cases[] = {
		{ "0 a\n", MULTI_REFUSED },
		{ "0-5 a\n", MULTI_REFUSED },
		{ "0 a\n0-1 b\n", MULTI_REFUSED },
		{ "x a\n", MULTI_REFUSED },
		{ "0\n1 a\n", MULTI_REFUSED },
		{ "", MULTI_REFUSED },
		{ "0-1 a \\\n", MULTI_UNKNOWN },
		{ "* sh -c \"a 'b'\"\n", MULTI_UNKNOWN },
		{ "* sh -c \"a %t\"\n", MULTI_UNKNOWN },
		{ "* a \"b\n", MULTI_UNKNOWN },
		{ "* a b\"c\"\n", MULTI_UNKNOWN },
	};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct multi m;

		if (multi_parse(&m, cases[i].text, 2, no_words) != cases[i].answer)
			fail_msg("%s", cases[i].text);
		multi_free(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_task_has_its_line),
		cmocka_unit_test(words_of_the_command_line_follow),
		cmocka_unit_test(what_is_not_clear_is_slurms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
