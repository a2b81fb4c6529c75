// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/job_dir.h"

#include "base/cleanup.h"
#include "testing.h"

static void a_job_has_a_directory_below_that_of_its_cluster(void **state)
{
	static const struct {
		const char *pattern, *cluster, *dir;
	} cases[] = {
		{ "/ck/%u", "c1", "/ck/alice/c1/7" },
		{ "/ck/%u/%j", "c1", "/ck/alice/7/c1/7" },
		{ "/ck", NULL, "/ck/cluster/7" },
		{ "/ck", "", "/ck/cluster/7" },
		{ "/ck", "..", "/ck/cluster/7" },
		{ "/ck", "a/b", "/ck/cluster/7" },
	};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		cleanup_free char *dir =
			job_dir(cases[i].pattern, "alice",
				job_dir_cluster(cases[i].cluster), 7, NULL);

		assert_string_equal(dir, cases[i].dir);
	}
}

static void a_pattern_that_is_none_is_refused(void **state)
{
	struct error e;

	assert_null(job_dir("ck", "alice", "c1", 7, &e));
	assert_says(&e, "absolute");
}

static void we_have_a_name_or_a_number(void **state)
{
	cleanup_free char *user = NULL, *number = NULL;

	needs_root();
	user = job_dir_user();
	assert_string_equal(user, "root");
	become(SOMEBODY);
	number = job_dir_user();
	become(0);
	assert_string_equal(number, "54321");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_job_has_a_directory_below_that_of_its_cluster),
		cmocka_unit_test(a_pattern_that_is_none_is_refused),
		cmocka_unit_test(we_have_a_name_or_a_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
