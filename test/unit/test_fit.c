// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/fit.h"

#include "testing.h"

static const bool all[4] = { true, true, true, true };

static void a_job_goes_where_least_is_left_or_where_most_is_if_it_is_to_be_spread(
	void **state)
{
	const struct fit_node nodes[4] = { { 8, 100, 0, 0, false },
					   { 2, 100, 1, 5, false },
					   { 1, 100, 1, 5, false },
					   { 4, 100, 1, 5, false } };
	struct fit_request r = { .nodes = 1, .cpus = 2, .memory = 50 };
	size_t chosen[1];

	assert_true(fit_find(nodes, 4, all, &r, chosen));
	assert_int_equal(chosen[0], 1);
	r.spread = true;
	assert_true(fit_find(nodes, 4, all, &r, chosen));
	assert_int_equal(chosen[0], 0);
}

static void room_is_cpus_and_memory_on_nodes_that_are_allowed(void **state)
{
	const struct fit_node nodes[4] = { { 4, 10, 0, 0, false },
					   { 1, 100, 0, 0, false },
					   { 4, 100, 0, 0, false },
					   { 4, 100, 0, 0, false } };
	const bool allowed[4] = { true, true, false, true };
	struct fit_request r = { .nodes = 1, .cpus = 2, .memory = 50 };
	size_t chosen[2];

	assert_true(fit_find(nodes, 4, allowed, &r, chosen));
	assert_int_equal(chosen[0], 3);
	r.nodes = 2;
	assert_false(fit_find(nodes, 4, allowed, &r, chosen));
	assert_true(fit_find(nodes, 4, all, &r, chosen));
	assert_int_not_equal(chosen[0], chosen[1]);
}

static void who_wants_to_be_alone_is(void **state)
{
	const struct fit_node nodes[4] = { { 4, 100, 1, 7, false },
					   { 4, 100, 2, 7, true },
					   { 4, 100, 1, 8, false },
					   { 4, 100, 0, 0, false } };
	struct fit_request r = { .nodes = 1, .cpus = 1, .user = 8, .alone = true };
	size_t chosen[2];

	assert_true(fit_find(nodes, 4, all, &r, chosen));
	assert_int_equal(chosen[0], 3);
	r.alone = false;
	r.no_others = true;
	r.nodes = 2;
	assert_true(fit_find(nodes, 4, all, &r, chosen));
	assert_true((chosen[0] == 2 && chosen[1] == 3) ||
		    (chosen[0] == 3 && chosen[1] == 2));
	r.nodes = 3;
	assert_false(fit_find(nodes, 4, all, &r, (size_t[3]){ 0 }));
}

static void what_is_promised_to_one_is_not_there_for_the_next(void **state)
{
	struct fit_node node = { 4, 100, 0, 0, false };
	const struct fit_request r = { .nodes = 1, .cpus = 3, .memory = 40, .user = 7 };
	const struct fit_request other = { .nodes = 1, .cpus = 1, .user = 8 };
	size_t chosen[1];

	fit_take(&node, &r);
	assert_int_equal(node.cpus, 1);
	assert_int_equal(node.memory, 60);
	assert_false(fit_find(&node, 1, all, &r, chosen));
	assert_false(node.mixed);
	fit_take(&node, &other);
	assert_true(node.mixed);
	assert_int_equal(node.jobs, 2);
	/* More than there is: nodes may be shared. */
	fit_take(&node, &r);
	assert_int_equal(node.cpus, 0);
}

static void a_job_that_is_alone_leaves_no_room(void **state)
{
	struct fit_node node = { 4, 100, 0, 0, false };

	fit_take(&node, &(struct fit_request){ .nodes = 1, .cpus = 1, .alone = true });
	assert_int_equal(node.cpus, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_job_goes_where_least_is_left_or_where_most_is_if_it_is_to_be_spread),
		cmocka_unit_test(room_is_cpus_and_memory_on_nodes_that_are_allowed),
		cmocka_unit_test(who_wants_to_be_alone_is),
		cmocka_unit_test(what_is_promised_to_one_is_not_there_for_the_next),
		cmocka_unit_test(a_job_that_is_alone_leaves_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
