// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "slurm/hosts.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "testing.h"

static void a_list_is_expanded(void **state)
{
	static const struct {
		const char *text;
		size_t count;
	} cases[] = { { "n1", 1 },
		      { "n[1-4,7]", 5 },
		      { "a,b[01-03],c", 5 },
		      { "n[1-60000]", 60000 },
		      { "n[8],n[9-10]", 3 } };

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct hosts hosts;

		assert_int_equal(hosts_expand(cases[i].text, &hosts), 0);
		assert_int_equal(hosts.count, cases[i].count);
		hosts_free(&hosts);
	}
}

/* Without the time and the memory that the hosts would take. */
static void a_list_of_more_hosts_than_any_cluster_has_is_none(void **state)
{
	cleanup_free char *many = NULL;
	size_t size;
	FILE *out = open_memstream(&many, &size);
	const char *const texts[] = { "n[1-4000000000]", "a[1-1000]b[1-1000]",
				      "n[1-99999999999999999999]",
				      "n[1-150000],m[1-150000]" };

	(void)state;
	for (int i = 0; i < 1000; i++)
		fprintf(out, "%sm[1-60000]", i ? "," : "");
	fclose(out);
	for (size_t i = 0; i <= LENGTH(texts); i++) {
		const char *text = i < LENGTH(texts) ? texts[i] : many;
		struct hosts hosts;

		assert_int_equal(hosts_expand(text, &hosts), -1);
		hosts_free(&hosts);
		assert_false(hosts_meet(text, "n1"));
		assert_null(hosts_join(text, "n1"));
	}
}

static void a_list_is_within_another(void **state)
{
	(void)state;
	assert_true(hosts_within("n[1-3]", "n[1-4]"));
	assert_true(hosts_within("n3", "n[1-4]"));
	assert_false(hosts_within("n[1-5]", "n[1-4]"));
	assert_false(hosts_within("", "n[1-4]"));
	assert_false(hosts_within("n1", ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_is_expanded),
		cmocka_unit_test(a_list_is_within_another),
		cmocka_unit_test(a_list_of_more_hosts_than_any_cluster_has_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
