// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/timefmt.h"

#define MINUTE 60L
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

static void test_every_format_of_slurm_is_understood(void **state)
{
	static const struct {
		const char *text;
		long seconds;
	} cases[] = {
		{ "0", 0 },
		{ "10", 10 * MINUTE },
		{ "010", 10 * MINUTE },
		{ "10:30", 10 * MINUTE + 30 },
		{ "0:90", 90 },
		{ "1:30:15", HOUR + 30 * MINUTE + 15 },
		{ "36:00:00", 36 * HOUR },
		{ "2-3", 2 * DAY + 3 * HOUR },
		{ "0-0", 0 },
		{ "2-03:04", 2 * DAY + 3 * HOUR + 4 * MINUTE },
		{ "2-03:04:05", 2 * DAY + 3 * HOUR + 4 * MINUTE + 5 },
		{ "90s", 90 },
		{ "10m", 10 * MINUTE },
		{ "2h", 2 * HOUR },
		{ "7d", 7 * DAY },
		{ "0s", 0 },
		{ "365d", 365 * DAY },
		{ "365-0", 365 * DAY },
		{ "31536000s", 365 * DAY },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error e = { .text = "" };
		long seconds = -1;

		if (timefmt_parse(cases[i].text, &seconds, &e) < 0)
			fail_msg("\"%s\": %s", cases[i].text, e.text);
		if (seconds != cases[i].seconds)
			fail_msg("\"%s\" is %ld s and not %ld", cases[i].text, seconds,
				 cases[i].seconds);
	}
}

static void test_anything_else_is_refused_and_seconds_left_alone(void **state)
{
	static const char *const cases[] = {
		"",	" ",	    "banana", "-1",	"+1",	     "1.5",	 "10 ",
		" 10",	"10x",	    "10mm",   "10m5s",	"m",	     "10M",	 ":",
		"1:",	":1",	    "1::2",   "1:2:3:", "1:2:3:4",   "-",	 "1-",
		"-1:2", "1-:2",	    "1--2",   "1-2-3",	"1-2:3:4:5", "1-2:",	 "1-2m",
		"1:2m", "infinite", "0x10",   "1e3",	"10\n",	     "\xd9\xa1", "(null)",
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error e = { .text = "" };
		long seconds = -1;

		if (timefmt_parse(cases[i], &seconds, &e) == 0)
			fail_msg("\"%s\" is taken for %ld s", cases[i], seconds);
		assert_int_equal(seconds, -1);
		assert_string_equal(e.text,
				    "not an interval; give minutes, "
				    "hours:minutes:seconds, days-hours or a number "
				    "with s, m, h or d");
	}
}

static void test_more_than_a_year_is_refused_however_long_the_number(void **state)
{
	static const char *const cases[] = {
		"366d",
		"31536001s",
		"365-0:0:1",
		"99999999999999999999999999999999999999d",
		"9223372036854775808",
		"99999999999999999999-99999999999999999999:9999999999:9999999999",
		"99999999999999999999:99999999999999999999:9999999999999999999999999999",
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error e = { .text = "" };
		long seconds = -1;

		if (timefmt_parse(cases[i], &seconds, &e) == 0)
			fail_msg("\"%s\" is taken for %ld s", cases[i], seconds);
		assert_string_equal(e.text, "longer than a year");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_format_of_slurm_is_understood),
		cmocka_unit_test(test_anything_else_is_refused_and_seconds_left_alone),
		cmocka_unit_test(
			test_more_than_a_year_is_refused_however_long_the_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
