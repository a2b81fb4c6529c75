// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/error.h"

#include <errno.h>
#include <string.h>

#include "testing.h"

static void a_failure_is_one_sentence(void **state)
{
	struct error e;

	assert_int_equal(error_set(&e, "%s: has %d bytes", "file", 3), -1);
	assert_string_equal(e.text, "file: has 3 bytes");
}

static void the_systems_reason_follows_and_errno_stays(void **state)
{
	struct error e;

	errno = ENOENT;
	assert_int_equal(error_sys(&e, "%s", "file"), -1);
	assert_int_equal(errno, ENOENT);
	assert_string_equal(e.text, "file: No such file or directory");
}

static void a_prefix_names_the_object_around(void **state)
{
	struct error e;

	error_set(&e, "inner");
	assert_int_equal(error_prefix(&e, "outer %d", 1), -1);
	assert_string_equal(e.text, "outer 1: inner");
	assert_int_equal(error_prefix(&e, "%s", "outermost"), -1);
	assert_string_equal(e.text, "outermost: outer 1: inner");
}

static void who_does_not_ask_for_a_sentence_gets_none(void **state)
{
	errno = EACCES;
	assert_int_equal(error_set(NULL, "x"), -1);
	assert_int_equal(error_sys(NULL, "x"), -1);
	assert_int_equal(error_prefix(NULL, "x"), -1);
	assert_int_equal(errno, EACCES);
}

/* Names come from users, and can be of any length. */
static void a_sentence_too_long_is_cut(void **state)
{
	static char name[5000];
	struct error e;

	memset(name, 'n', sizeof(name) - 1);
	assert_int_equal(error_set(&e, "%s", name), -1);
	assert_int_equal(strlen(e.text), sizeof(e.text) - 1);
	errno = ENOENT;
	assert_int_equal(error_sys(&e, "%s", name), -1);
	assert_int_equal(strlen(e.text), sizeof(e.text) - 1);
	assert_int_equal(error_prefix(&e, "%s", name), -1);
	assert_int_equal(strlen(e.text), sizeof(e.text) - 1);
	error_set(&e, "%.1020s", name);
	assert_int_equal(error_prefix(&e, "a"), -1);
	assert_int_equal(strlen(e.text), sizeof(e.text) - 1);
	assert_memory_equal(e.text, "a: nnn", 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failure_is_one_sentence),
		cmocka_unit_test(the_systems_reason_follows_and_errno_stays),
		cmocka_unit_test(a_prefix_names_the_object_around),
		cmocka_unit_test(who_does_not_ask_for_a_sentence_gets_none),
		cmocka_unit_test(a_sentence_too_long_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
