// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/environment.h"

#include "testing.h"

static void what_is_not_set_is_added_and_noted(void **state)
{
	static char *const given[] = { "PATH=/bin", "UCX_TLS=rc", "LONG=", NULL };
	static const char *const first[] = { "HYDRA_LAUNCHER=fork", "UCX_TLS=tcp" };
	static const char *const more[] = { "LONG=x", "LONGER=y", "HYDRA_LAUNCHER=ssh" };
	char **one = environment_with(given, first, 2);
	char **two = environment_with(one, more, 3);
	static const char *const want[] = {
		"PATH=/bin", "UCX_TLS=rc",
		"LONG=",     "HYDRA_LAUNCHER=fork",
		"LONGER=y",  "SLURM_CHECKPOINT_ADDED=HYDRA_LAUNCHER=fork\tLONGER=y"
	};

	assert_string_equal(one[4], "SLURM_CHECKPOINT_ADDED=HYDRA_LAUNCHER=fork");
	assert_null(one[5]);
	for (size_t i = 0; i < LENGTH(want); i++)
		assert_string_equal(two[i], want[i]);
	assert_null(two[LENGTH(want)]);
	environment_free(one);
	environment_free(two);
}

static void where_nothing_is_added_nothing_is_noted(void **state)
{
	static char *const given[] = { "A=1", NULL };
	char **copy = environment_with(given, NULL, 0);

	assert_string_equal(copy[0], "A=1");
	assert_null(copy[1]);
	environment_free(copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_set_is_added_and_noted),
		cmocka_unit_test(where_nothing_is_added_nothing_is_noted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
