// SPDX-License-Identifier: GPL-2.0-or-later
#include "testing.h"

#include "base/argv.h"

static void words_are_copied_and_ended(void **state)
{
	struct argv argv = { 0 };
	struct error e;
	char word[] = "dump";

	argv_add(&argv, "criu");
	argv_add(&argv, word);
	word[0] = 'x';
	argv_addf(&argv, "--tree=%d", 100);
	assert_int_equal(argv_end(&argv, &e), 0);
	assert_int_equal(argv.count, 3);
	assert_string_equal(argv.words[0], "criu");
	assert_string_equal(argv.words[1], "dump");
	assert_string_equal(argv.words[2], "--tree=100");
	assert_null(argv.words[3]);
	argv_free(&argv);
	assert_int_equal(argv.count, 0);
}

static void a_word_that_is_missing_is_told_at_the_end(void **state)
{
	struct argv argv = { 0 };
	struct error e;

	argv_add(&argv, "criu");
	argv_add(&argv, NULL);
	argv_add(&argv, "dump");
	assert_int_equal(argv_end(&argv, &e), -1);
	argv_free(&argv);
}

static void no_word_is_no_command(void **state)
{
	struct argv argv = { 0 };
	struct error e;

	assert_int_equal(argv_end(&argv, &e), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_copied_and_ended),
		cmocka_unit_test(a_word_that_is_missing_is_told_at_the_end),
		cmocka_unit_test(no_word_is_no_command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
