// SPDX-License-Identifier: GPL-2.0-or-later
#include "placed.h"
#include "testing.h"

/* Two slow nodes, and a third that is twice as fast. */
static void init(struct placed *p)
{
	placed_init(p, 3, 4);
	p->nodes[2].rank = 1;
	p->nodes[2].speed = 2;
}

static void decide(struct placed *p)
{
	assert_int_equal(promote_decide(&promote_defaults, &p->c, &p->moves), 0);
}

/* Of 9000 s it saves half, on 4 CPUs. */
static void the_job_that_gains_most_moves_to_the_fast_node(void **state)
{
	struct cluster_job *job;
	struct placed p;

	(void)state;
	init(&p);
	placed_run(&p, 0, 3, 9000);
	job = placed_run(&p, 1, 4, 9000);
	decide(&p);
	assert_int_equal(p.moves.count, 1);
	placed_assert_move(&p, 0, job, 1, 2);
	assert_true(p.moves.moves[0].gain == 4 * 4500);
	assert_true(p.moves.moves[0].cost == 4 * 20);
	placed_free(&p);
}

static void a_job_that_waits_comes_first(void **state)
{
	struct cluster_job *waiting;
	struct placed p;

	(void)state;
	init(&p);
	placed_run(&p, 0, 4, 9000);
	placed_run(&p, 1, 4, 9000);
	waiting = placed_wait(&p, 4);
	decide(&p);
	assert_int_equal(p.moves.count, 1);
	placed_assert_move(&p, 0, waiting, MOVES_NOWHERE, 2);
	assert_true(p.moves.moves[0].cost == 0);
	placed_free(&p);
}

/* Each reason for itself why nothing is moved. */
static void what_must_not_move_stays(void **state)
{
	static const bool slow[3] = { true, true, false };

	(void)state;
	for (int reason = 0; reason <= 5; reason++) {
		struct cluster_job *job;
		struct placed p;

		init(&p);
		job = placed_run(&p, 0, 4, 9000);
		if (reason == 1)
			placed_wait(&p, 4)->place.rank = 1;
		job->place.allowed = reason == 2 ? slow : NULL;
		/* It would save 9 s in a hundred, which the move takes. */
		p.nodes[2].speed = reason == 3 ? 1.001 : 2;
		job->place.movable = reason != 4;
		if (reason == 5)
			placed_run(&p, 2, 1, 9000);
		decide(&p);
		assert_int_equal(p.moves.count, reason == 0 ? 1 : 0);
		placed_free(&p);
	}
}

static void where_no_speed_is_known_the_rank_counts(void **state)
{
	struct cluster_job *job;
	struct placed p;

	(void)state;
	init(&p);
	p.nodes[2].speed = 1;
	job = placed_run(&p, 0, 4, 9000);
	decide(&p);
	placed_assert_move(&p, 0, job, 0, 2);
	assert_true(p.moves.moves[0].gain == 0);
	placed_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_job_that_gains_most_moves_to_the_fast_node),
		cmocka_unit_test(a_job_that_waits_comes_first),
		cmocka_unit_test(what_must_not_move_stays),
		cmocka_unit_test(where_no_speed_is_known_the_rank_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
