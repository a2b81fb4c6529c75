// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/hidden.h"

#include <stdlib.h>

#include "testing.h"

static void what_was_hidden_is_shown_under_its_own_name(void **state)
{
	static char *const given[] = { "PATH=/bin", HIDDEN_PREFIX "LD_PRELOAD=a b",
				       HIDDEN_PREFIX "LD_DEBUG=", "LD_X=1", NULL };
	static const char *const want[] = { "PATH=/bin", "LD_PRELOAD=a b",
					    "LD_DEBUG=", "LD_X=1" };
	char **shown = hidden_environment(given);

	(void)state;
	for (size_t i = 0; i < LENGTH(want); i++)
		assert_string_equal(shown[i], want[i]);
	assert_null(shown[LENGTH(want)]);
	free(shown);
}

static void our_own_gets_its_names_back(void **state)
{
	(void)state;
	setenv(HIDDEN_PREFIX "LD_LIBRARY_PATH", "/opt/lib", 1);
	assert_string_equal(hidden_get("LD_LIBRARY_PATH"), "/opt/lib");
	assert_null(hidden_get("LD_WARN"));
	hidden_show_all();
	assert_string_equal(getenv("LD_LIBRARY_PATH"), "/opt/lib");
	assert_null(getenv(HIDDEN_PREFIX "LD_LIBRARY_PATH"));
	assert_string_equal(hidden_get("LD_LIBRARY_PATH"), "/opt/lib");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_hidden_is_shown_under_its_own_name),
		cmocka_unit_test(our_own_gets_its_names_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
