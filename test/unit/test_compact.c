// SPDX-License-Identifier: GPL-2.0-or-later
#include "placed.h"
#include "testing.h"

static void decide(struct placed *p)
{
	assert_int_equal(compact_decide(&compact_defaults, &p->c, &p->moves), 0);
}

/*
 * The job of the first node would keep it for 9000 s, and leaves it after 10 s, for the
 * second, which is used for as long; the third is empty and stays so. 4 CPUs are idle
 * for 8990 s; but the second node is used for 20 s longer.
 */
static void the_node_that_is_used_least_is_emptied(void **state)
{
	struct cluster_job *job;
	struct placed p;

	(void)state;
	placed_init(&p, 3, 4);
	job = placed_run(&p, 0, 1, 9000);
	placed_run(&p, 1, 3, 9000);
	decide(&p);
	assert_int_equal(p.moves.count, 1);
	placed_assert_move(&p, 0, job, 0, 1);
	assert_true(p.moves.moves[0].gain == 4 * 8990 - 4 * 20);
	assert_true(p.moves.moves[0].cost == 20);
	placed_free(&p);
}

/* Each reason for itself why nothing is moved. */
static void what_must_not_move_stays(void **state)
{
	(void)state;
	for (int reason = 0; reason <= 7; reason++) {
		struct moves_limits limits = compact_defaults;
		struct cluster_job *job, *other;
		struct placed p;

		placed_init(&p, 3, 4);
		/* Half an hour is what a node has to be empty sooner. */
		job = placed_run(&p, 0, 1, reason == 1 ? 1700 : 9000);
		/* If the other ends soon, its node is used as long as this one was. */
		other = placed_run(&p, 1, 3, reason == 2 ? 1000 : 9000);
		other->place.movable = false;
		job->place.movable = reason != 3;
		if (reason == 4)
			placed_run(&p, 0, 1, 9000)->place.movable = false;
		if (reason == 5)
			placed_wait(&p, 4);
		p.nodes[0].free.jobs += reason == 6;
		limits.at_once = reason == 7 ? 1 : 8;
		p.c.moving = reason == 7 ? 1 : 0;
		assert_int_equal(compact_decide(&limits, &p.c, &p.moves), 0);
		assert_int_equal(p.moves.count, reason == 0 ? 1 : 0);
		placed_free(&p);
	}
}

/* Four nodes that are used by a quarter each: three are emptied, into the fourth. */
static void nodes_are_not_filled_and_emptied_in_turn(void **state)
{
	struct placed p;

	(void)state;
	placed_init(&p, 4, 4);
	for (uint32_t i = 0; i < 4; i++)
		placed_run(&p, i, 1, 9000);
	decide(&p);
	assert_int_equal(p.moves.count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(p.moves.moves[i].to, p.moves.moves[0].to);
	placed_free(&p);
}

/* Two jobs, and elsewhere room for one. */
static void a_node_is_emptied_as_a_whole_or_not_at_all(void **state)
{
	struct placed p;

	(void)state;
	placed_init(&p, 2, 4);
	placed_run(&p, 0, 1, 9000);
	placed_run(&p, 0, 1, 9000);
	placed_run(&p, 1, 3, 9000)->place.movable = false;
	decide(&p);
	assert_int_equal(p.moves.count, 0);
	placed_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_node_that_is_used_least_is_emptied),
		cmocka_unit_test(what_must_not_move_stays),
		cmocka_unit_test(nodes_are_not_filled_and_emptied_in_turn),
		cmocka_unit_test(a_node_is_emptied_as_a_whole_or_not_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
