// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/owners.h"

#include <unistd.h>

#include "testing.h"

static const struct way alices = { .user = 2000 };

static void whose_it_was_may_have_it_again(void **state)
{
	struct manifest m = { 0 };

	(void)state;
	assert_int_equal(owners_note(&m, &alices, "/p/data", 3000), 0);
	assert_int_equal(owners_note(&m, &alices, "/p/data", 3000), 0);
	assert_int_equal(owners_note(&m, &alices, "/p/lib (1)", 3001), 0);
	assert_string_equal(manifest_get(&m, OWNERS), "3000 /p/data\n3001 /p/lib (1)\n");
	assert_true(owners_allow(&m, &alices, "/p/data", 3000));
	assert_true(owners_allow(&m, &alices, "/p/lib (1)", 3001));
	manifest_free(&m);
}

static void nobody_else_may_have_it(void **state)
{
	struct manifest m = { 0 };

	(void)state;
	assert_int_equal(owners_note(&m, &alices, "/p/data", 3000), 0);
	assert_false(owners_allow(&m, &alices, "/p/data", 3001));
	assert_false(owners_allow(&m, &alices, "/p/data", 300));
	assert_false(owners_allow(&m, &alices, "/p/dat", 3000));
	assert_false(owners_allow(&m, &alices, "/p/data/x", 3000));
	assert_false(owners_allow(&m, &alices, "p/data", 3000));
	manifest_free(&m);
}

static void root_and_the_user_are_trusted_and_not_noted(void **state)
{
	struct manifest m = { 0 };

	(void)state;
	assert_int_equal(owners_note(&m, &alices, "/usr", 0), 0);
	assert_int_equal(owners_note(&m, &alices, "/home/alice", 2000), 0);
	assert_string_equal(manifest_get(&m, OWNERS), "");
	assert_true(owners_allow(&m, &alices, "/elsewhere", 0));
	assert_true(owners_allow(&m, &alices, "/elsewhere", 2000));
	assert_false(owners_allow(&m, &alices, "/home/alice", 3000));
	manifest_free(&m);
}

static void a_path_that_cannot_be_a_line_is_not_noted(void **state)
{
	struct manifest m = { 0 };

	(void)state;
	assert_int_equal(owners_note(&m, &alices, "/p\n3000 /q", 3000), 0);
	assert_string_equal(manifest_get(&m, OWNERS), "");
	assert_false(owners_allow(&m, &alices, "/p\n3000 /q", 3000));
	assert_false(owners_allow(&m, &alices, "/q", 3000));
	manifest_free(&m);
}

static void a_generation_of_before_says_nothing_of_owners(void **state)
{
	const struct manifest m = { 0 };

	(void)state;
	assert_true(owners_allow(&m, &alices, "/p/data", 3000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whose_it_was_may_have_it_again),
		cmocka_unit_test(nobody_else_may_have_it),
		cmocka_unit_test(root_and_the_user_are_trusted_and_not_noted),
		cmocka_unit_test(a_path_that_cannot_be_a_line_is_not_noted),
		cmocka_unit_test(a_generation_of_before_says_nothing_of_owners),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
