// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "step/pattern.h"

#include <stdlib.h>
#include <string.h>

#include "testing.h"

static const struct pattern_values values = { .job = "17",
					      .array_task = "24",
					      .job_name = "name",
					      .node = "n1",
					      .user = "alice",
					      .step = 3 };

/* As Slurm 26.05 has them. */
static void names_are_expanded(void **state)
{
	static const struct {
		const char *pattern, *name;
	} cases[] = {
		{ "p%j-", "p17-" },
		{ "p%J-", "p17.3-" },
		{ "p%s-", "p3-" },
		{ "p%t-", "p5-" },
		{ "p%N-", "pn1-" },
		{ "p%n-", "p0-" },
		{ "p%u-", "palice-" },
		{ "p%x-", "pname-" },
		{ "p%A-", "p17-" },
		{ "p%a-", "p24-" },
		{ "p%b-%3b-", "p4-004-" },
		{ "p%%-", "p%-" },
		{ "p%3t-", "p005-" },
		{ "p%12j-", "p0000000017-" },
		{ "p%12u-", "palice-" },
		{ "p%%t-", "p%t-" },
		{ "p%z-", "p%z-" },
		{ "p%", "p%" },
		{ "%99999999999t", "0000000005" },
	};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		char *name = pattern_expand(cases[i].pattern, &values, 5);

		assert_string_equal(name, cases[i].name);
		free(name);
	}
}

static void a_task_has_a_file_of_its_own_by_its_number_alone(void **state)
{
	assert_true(pattern_is_per_task("o.%t"));
	assert_true(pattern_is_per_task("o.%2t"));
	assert_false(pattern_is_per_task("o.%n"));
	assert_false(pattern_is_per_task("o.%%t"));
	assert_false(pattern_is_per_task("%"));
	assert_false(pattern_is_plain("a\\%t"));
	assert_true(pattern_is_plain("%3t%%b%"));
	assert_false(pattern_is_plain("%r"));
	assert_false(pattern_is_plain("a%4S"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_expanded),
		cmocka_unit_test(a_task_has_a_file_of_its_own_by_its_number_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
