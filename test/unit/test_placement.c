// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/placement.h"

#include <stdlib.h>
#include <string.h>

#include "testing.h"

struct trio {
	const char *kept, *current, *wanted; /* of the list of nodes */
	const char *next, *keep;
};

static void set(struct placement *p, const char *value)
{
	*p = (struct placement){ 0 };
	if (value)
		assert_int_equal(placement_put(p, PLACEMENT_NODELIST, value), 0);
}

static void assert_is(const char *got, const char *expected)
{
	if (expected)
		assert_string_equal(got, expected);
	else
		assert_null(got);
}

static void what_a_job_asked_for_itself_is_kept_through_any_number_of_moves(void **state)
{
	static const struct trio cases[] = {
		/* nothing is wanted, and nothing to be put back */
		{ NULL, "n1", NULL, NULL, NULL },
		/* a first move, of a job that asked for something or for nothing */
		{ NULL, "n1", "n2", "n2", "n1" },
		{ NULL, "", "n2", "n2", "" },
		{ NULL, "n1", "", "", "n1" },
		/* another one: its own is still what it was before the first */
		{ "n1", "n2", "n3", "n3", "n1" },
		{ "", "n2", "n3", "n3", "" },
		/* back to what it asked for itself */
		{ "n1", "n2", "n1", "n1", NULL },
		{ "", "n2", "", "", NULL },
		/* no move: it is put back */
		{ "n1", "n2", NULL, "n1", NULL },
		{ "", "n2", NULL, "", NULL },
	};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct placement kept, current, wanted, next = { 0 }, keep = { 0 };

		set(&kept, cases[i].kept);
		set(&current, cases[i].current);
		set(&wanted, cases[i].wanted);
		assert_int_equal(placement_change(&kept, &current, &wanted, &next, &keep),
				 0);
		assert_is(next.value[PLACEMENT_NODELIST], cases[i].next);
		assert_is(keep.value[PLACEMENT_NODELIST], cases[i].keep);
		assert_null(next.value[PLACEMENT_EXCLUDE]);
		assert_null(keep.value[PLACEMENT_EXCLUDE]);
		placement_free(&kept);
		placement_free(&current);
		placement_free(&wanted);
		placement_free(&next);
		placement_free(&keep);
	}
}

static void a_field_that_is_not_moved_is_put_back_while_another_is_moved(void **state)
{
	struct placement kept = { 0 }, current = { 0 }, wanted = { 0 }, next = { 0 },
			 keep = { 0 };

	placement_put(&kept, PLACEMENT_NODELIST, "");
	placement_put(&current, PLACEMENT_NODELIST, "n2");
	placement_put(&current, PLACEMENT_EXCLUDE, "n4");
	placement_put(&wanted, PLACEMENT_EXCLUDE, "n[2,4]");
	assert_int_equal(placement_change(&kept, &current, &wanted, &next, &keep), 0);
	assert_string_equal(next.value[PLACEMENT_NODELIST], "");
	assert_string_equal(next.value[PLACEMENT_EXCLUDE], "n[2,4]");
	assert_null(keep.value[PLACEMENT_NODELIST]);
	assert_string_equal(keep.value[PLACEMENT_EXCLUDE], "n4");
	placement_free(&kept);
	placement_free(&current);
	placement_free(&wanted);
	placement_free(&next);
	placement_free(&keep);
}

static void one_says_over_another_only_what_it_says(void **state)
{
	struct placement p = { 0 }, over = { 0 };

	assert_true(placement_is_empty(&p));
	placement_put(&p, PLACEMENT_NODELIST, "n1");
	placement_put(&p, PLACEMENT_PARTITION, "low");
	placement_put(&over, PLACEMENT_NODELIST, "");
	assert_false(placement_is_empty(&over));
	assert_int_equal(placement_merge(&p, &over), 0);
	assert_string_equal(p.value[PLACEMENT_NODELIST], "");
	assert_string_equal(p.value[PLACEMENT_PARTITION], "low");
	placement_free(&p);
	placement_free(&over);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			what_a_job_asked_for_itself_is_kept_through_any_number_of_moves),
		cmocka_unit_test(
			a_field_that_is_not_moved_is_put_back_while_another_is_moved),
		cmocka_unit_test(one_says_over_another_only_what_it_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
