// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/str.h"

#include <limits.h>
#include <string.h>

#include "base/cleanup.h"
#include "testing.h"

static void a_string_of_any_length_is_printed(void **state)
{
	static char long_text[100000];
	cleanup_free char *text = str_printf("%s-%d", "a", 7);
	cleanup_free char *empty = str_printf("%s", "");
	cleanup_free char *longer = NULL;

	memset(long_text, 'x', sizeof(long_text) - 1);
	longer = str_printf("<%s>", long_text);
	assert_string_equal(text, "a-7");
	assert_string_equal(empty, "");
	assert_int_equal(strlen(longer), sizeof(long_text) - 1 + 2);
}

static void a_whole_decimal_number_is_read(void **state)
{
	static const struct {
		const char *text;
		unsigned long long max, value;
	} cases[] = {
		{ "0", 0, 0 },
		{ "7", 7, 7 },
		{ "007", 7, 7 },
		{ "4294967295", UINT_MAX, UINT_MAX },
		{ "18446744073709551615", ULLONG_MAX, ULLONG_MAX },
	};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		unsigned long long value = 99;

		assert_int_equal(str_to_ull(cases[i].text, cases[i].max, &value), 0);
		assert_true(value == cases[i].value);
	}
}

static void anything_else_is_no_number(void **state)
{
	static const struct {
		const char *text;
		unsigned long long max;
	} cases[] = {
		{ "", 10 },
		{ " 1", 10 },
		{ "1 ", 10 },
		{ "-1", ULLONG_MAX },
		{ "+1", 10 },
		{ "1x", 10 },
		{ "0x1", 10 },
		{ "1.0", 10 },
		{ "1\n", 10 },
		{ "8", 7 },
		{ "1e3", 9999 },
		{ "4294967296", UINT_MAX },
		{ "x", 10 },
		{ "\xff", 10 },
		{ "18446744073709551616", ULLONG_MAX },
		{ "99999999999999999999999999", ULLONG_MAX },
	};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		unsigned long long value;

		if (str_to_ull(cases[i].text, cases[i].max, &value) == 0)
			fail_msg("\"%s\" was taken for %llu", cases[i].text, value);
	}
}

static void a_variable_is_found_by_its_whole_name(void **state)
{
	char *const environment[] = { "AB=1", "A=2=3", "EMPTY=", "NAKED", "A=4", NULL };

	assert_string_equal(str_find_variable(environment, "A"), "2=3");
	assert_string_equal(str_find_variable(environment, "AB"), "1");
	assert_string_equal(str_find_variable(environment, "EMPTY"), "");
	assert_null(str_find_variable(environment, "NAKED"));
	assert_null(str_find_variable(environment, "B"));
}

static void what_others_wrote_is_made_fit_to_be_shown(void **state)
{
	static const struct {
		const char *text, *shown;
	} cases[] = {
		{ "", "" },
		{ "python3 holds a <b>", "python3 holds a <b>" },
		{ "na\xc3\xafve \xe2\x82\xac \xf0\x9f\x98\x80",
		  "na\xc3\xafve \xe2\x82\xac \xf0\x9f\x98\x80" },
		{ "\033[2J\a\n\t\x7f", "?[2J????" },
		{ "a\xc2\x9b"
		  "31m",
		  "a??31m" }, /* a C1 control */
		{ "a\xe2\x80\xae"
		  "b",
		  "a???b" }, /* right to left */
		{ "\xe2\x80\x8e \xe2\x80\x8f \xd8\x9c \xef\xbb\xbf",
		  "??? ??? ?? ???" }, /* marks of direction, and a byte order's */
		{ "\xd8\x9b \xef\xbb\xbe \xe2\x80\x94",
		  "\xd8\x9b \xef\xbb\xbe \xe2\x80\x94" },
		{ "\xff\xc3", "??" },				 /* cut short */
		{ "\xc0\xaf \xe0\x80\xaf", "?? ???" },		 /* overlong */
		{ "\xed\xa0\x80 \xf4\x90\x80\x80", "??? ????" }, /* no characters */
	};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		cleanup_free char *text = str_printf("%s", cases[i].text);

		str_make_printable(text);
		assert_string_equal(text, cases[i].shown);
	}
}

/* ---- sizes ---- */

static void a_size_is_shown_as_Slurm_shows_it(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} cases[] = {
		{ 0, "0K" },
		{ 1024, "1K" },
		{ 512 * 1024, "512K" },
		{ 1023 * 1024, "1023K" },
		{ 1024 * 1024, "1.00M" },
		{ 1536 * 1024, "1.50M" },
		{ 3ull << 29, "1.50G" },
		{ 1ull << 40, "1.00T" },
		{ 5ull << 50, "5.00P" },
		{ 1023ull << 50, "1023.00P" },
		{ 1ull << 60, "1024.00P" }, /* there is no larger unit */
		{ INT64_MAX, "8192.00P" },
		{ UINT64_MAX, "16384.00P" },
	};

	for (size_t i = 0; i < LENGTH(cases); i++)
		assert_string_equal(str_size(cases[i].bytes).text, cases[i].text);
}

static void a_size_is_read_with_any_unit(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} cases[] = {
		{ "0", 0 },
		{ "0K", 0 },
		{ "7", 7 },
		{ "007k", 7 * 1024 },
		{ "1K", 1024 },
		{ "1k", 1024 },
		{ "2M", 2u << 20 },
		{ "2m", 2u << 20 },
		{ "10G", 10ull << 30 },
		{ "10g", 10ull << 30 },
		{ "3T", 3ull << 40 },
		{ "3t", 3ull << 40 },
		{ "4P", 4ull << 50 },
		{ "4p", 4ull << 50 },
		/* the largest of each */
		{ "9223372036854775807", INT64_MAX },
		{ "9007199254740991K", 9007199254740991ull << 10 },
		{ "8796093022207M", 8796093022207ull << 20 },
		{ "8589934591G", 8589934591ull << 30 },
		{ "8388607T", 8388607ull << 40 },
		{ "8191P", 8191ull << 50 },
	};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		uint64_t bytes = 99;

		if (str_to_size(cases[i].text, &bytes) < 0)
			fail_msg("%s was refused", cases[i].text);
		assert_true(bytes == cases[i].bytes);
	}
}

static void anything_else_is_no_size(void **state)
{
	static const char *const texts[] = {
		"",
		"K",
		" 1K",
		"1 K",
		"1K ",
		"1KB",
		"1KiB",
		"1kk",
		"1B",
		"1E",
		"1.5G",
		"1,5G",
		"-1",
		"-1K",
		"+1K",
		"0x10K",
		"1\n",
		"K1",
		"many",
		"1\xcb",
		"\xff",
		/* one more than the largest of each */
		"9223372036854775808",
		"9007199254740992K",
		"8796093022208M",
		"8589934592G",
		"8388608T",
		"8192P",
		/* which would be 1K, 0 or 1 if it were not looked at */
		"18014398509481985K",
		"18446744073709551616",
		"18446744073709551617P",
		"99999999999999999999999",
		"999999999999999999999999",
		"9999999999999999999999999999999999999999999999999K",
	};

	for (size_t i = 0; i < LENGTH(texts); i++) {
		uint64_t bytes = 99;

		if (str_to_size(texts[i], &bytes) == 0)
			fail_msg("\"%s\" was taken for %llu", texts[i],
				 (unsigned long long)bytes);
		assert_true(bytes == 99);
	}
}

static void an_end_is_no_longer_than_the_text(void **state)
{
	(void)state;
	assert_true(str_ends_with("x.tmp", ".tmp"));
	assert_true(str_ends_with(".tmp", ".tmp"));
	assert_true(str_ends_with("x", ""));
	assert_false(str_ends_with("tmp", ".tmp"));
	assert_false(str_ends_with("x.tmpx", ".tmp"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_string_of_any_length_is_printed),
		cmocka_unit_test(a_whole_decimal_number_is_read),
		cmocka_unit_test(anything_else_is_no_number),
		cmocka_unit_test(a_variable_is_found_by_its_whole_name),
		cmocka_unit_test(what_others_wrote_is_made_fit_to_be_shown),
		cmocka_unit_test(a_size_is_shown_as_Slurm_shows_it),
		cmocka_unit_test(a_size_is_read_with_any_unit),
		cmocka_unit_test(anything_else_is_no_size),
		cmocka_unit_test(an_end_is_no_longer_than_the_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
