// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "base/netstring.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "testing.h"

static void what_was_put_is_got_in_order(void **state)
{
	static const char *const strings[] = { "hello", "", ",", "3:a,b",
					       "\n\\\x01\xff %s" };
	cleanup_free char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	const char *rest;

	for (size_t i = 0; i < LENGTH(strings); i++)
		netstring_put(out, strings[i]);
	fclose(out);
	rest = text;
	for (size_t i = 0; i < LENGTH(strings); i++) {
		cleanup_free char *string = netstring_get(&rest, NULL);

		assert_string_equal(string, strings[i]);
	}
	assert_string_equal(rest, "");
}

static void what_is_damaged_is_refused_and_the_text_left_where_it_was(void **state)
{
	static const char *const cases[] = {
		"",
		"5",
		":",
		"5:",
		"5:hell,",
		"5:hello",
		"4:hello,",
		"6:hello,",
		"-1:a,",
		" 1:a,",
		"+1:a,",
		"1a,",
		"1:a;",
		"0x1:a,",
		"999999999:a,",
		"99999999999999999999:a,",
	};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		const char *text = cases[i];
		struct error e;

		assert_null(netstring_get(&text, &e));
		assert_says(&e, "not a netstring");
		assert_ptr_equal(text, cases[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_put_is_got_in_order),
		cmocka_unit_test(
			what_is_damaged_is_refused_and_the_text_left_where_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
