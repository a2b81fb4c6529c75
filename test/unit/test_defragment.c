// SPDX-License-Identifier: GPL-2.0-or-later
#include "placed.h"

#include <stdlib.h>

#include "testing.h"

static void decide(struct placed *p)
{
	assert_int_equal(defragment_decide(&defragment_defaults, &p->c, &p->moves), 0);
}

/*
 * Two nodes of 2 CPUs with a job of one CPU each, and one of 2 CPUs waits. By itself it
 * would start in 5000 s, when the second ends; so it starts 4990 s sooner, on 2 CPUs. The
 * move takes 20 s of one CPU.
 */
static void the_cheaper_of_two_jobs_makes_room(void **state)
{
	struct placed p;
	struct cluster_job *cheap, *dear, *waiting;

	(void)state;
	placed_init(&p, 2, 2);
	cheap = placed_run(&p, 0, 1, 9000);
	dear = placed_run(&p, 1, 1, 5000);
	dear->restore = 30;
	waiting = placed_wait(&p, 2);
	decide(&p);
	assert_int_equal(p.moves.count, 1);
	placed_assert_move(&p, 0, cheap, 0, 1);
	assert_ptr_equal(p.moves.moves[0].because, waiting);
	assert_true(p.moves.moves[0].gain == 2 * 4990);
	assert_true(p.moves.moves[0].cost == 20);
	placed_free(&p);
}

/* Each reason for itself why nothing is moved. */
static void what_must_not_move_stays(void **state)
{
	static const bool only_first[2] = { true, false };

	(void)state;
	for (int reason = 0; reason <= 13; reason++) {
		struct moves_limits limits = defragment_defaults;
		struct cluster_job *job, *other, *waiting;
		struct placed p;

		placed_init(&p, 2, 2);
		job = placed_run(&p, 0, 1, reason == 1 ? 200 : 9000);
		other = placed_run(&p, 1, 1, 9000);
		waiting = placed_wait(&p, reason == 13 ? 1 : 2);
		other->place.movable = false;
		job->place.movable = reason != 2;
		/* Moved 200 s ago. */
		if (reason == 3) {
			job->checkpoints = 1;
			job->start = PLACED_NOW - 200;
		}
		job->restore = reason == 4 ? 3000 : job->restore;
		p.c.moving = reason == 5 ? limits.at_once : 0;
		limits.bandwidth = reason == 6 ? 5e7 : 0;
		job->place.allowed = reason == 7 ? only_first : NULL;
		job->place.memory = reason == 8 ? 950 : 100;
		p.nodes[1].up = reason != 9;
		waiting->place.memory = reason == 10 ? 1001 : 100;
		waiting->place.count = reason == 11 ? 2 : 1;
		limits.spare = reason == 12 ? 2 : 1;
		assert_int_equal(defragment_decide(&limits, &p.c, &p.moves), 0);
		assert_int_equal(p.moves.count, reason == 0 ? 1 : 0);
		placed_free(&p);
	}
}

/* Moved before, but long ago. */
static void a_job_moves_again_after_a_while(void **state)
{
	struct cluster_job *job;
	struct placed p;

	(void)state;
	placed_init(&p, 2, 2);
	job = placed_run(&p, 0, 1, 9000);
	job->checkpoints = 1;
	placed_run(&p, 1, 1, 9000)->place.movable = false;
	placed_wait(&p, 2);
	decide(&p);
	placed_assert_move(&p, 0, job, 0, 1);
	placed_free(&p);
}

/*
 * Eight CPUs, of which 1 is free: one of 2 CPUs leaves (40 CPU seconds), and no pair of
 * one CPU each (2 * 25); nor the one of 4 CPUs, which would do as well.
 */
static void as_little_leaves_as_makes_room(void **state)
{
	struct cluster_job *pair;
	struct placed p;

	(void)state;
	placed_init(&p, 2, 8);
	placed_run(&p, 0, 4, 9000);
	pair = placed_run(&p, 0, 2, 9000);
	placed_run(&p, 0, 1, 9000)->restore = 15;
	placed_run(&p, 1, 6, 9000)->place.movable = false;
	placed_wait(&p, 3);
	decide(&p);
	assert_int_equal(p.moves.count, 1);
	placed_assert_move(&p, 0, pair, 0, 1);
	placed_free(&p);
}

/* Three jobs of one CPU each, for which there is room in two places. */
static void several_leave_together_or_none(void **state)
{
	struct placed p;

	(void)state;
	for (uint32_t room = 2; room <= 3; room++) {
		placed_init(&p, 3, 4);
		for (int i = 0; i < 3; i++)
			placed_run(&p, 0, 1, 9000);
		placed_run(&p, 1, 5 - room, 9000)->place.movable = false;
		placed_run(&p, 2, 3, 9000)->place.movable = false;
		placed_wait(&p, 4);
		decide(&p);
		assert_int_equal(p.moves.count, room == 3 ? 3 : 0);
		for (size_t i = 0; i < p.moves.count; i++)
			assert_int_equal(p.moves.moves[i].group, 0);
		placed_free(&p);
	}
}

/* Once the room is given away, the second of two waiting jobs has none. */
static void room_is_given_away_once(void **state)
{
	struct cluster_job *first;
	struct placed p;

	(void)state;
	placed_init(&p, 2, 2);
	placed_run(&p, 0, 1, 9000);
	placed_run(&p, 1, 1, 9000);
	first = placed_wait(&p, 2);
	placed_wait(&p, 2);
	decide(&p);
	assert_int_equal(p.moves.count, 1);
	assert_ptr_equal(p.moves.moves[0].because, first);
	placed_free(&p);
}

/* A job that shares its node with nobody needs an empty one. */
static void a_job_that_wants_to_be_alone_has_a_node_emptied(void **state)
{
	struct cluster_job *job;
	struct placed p;

	(void)state;
	placed_init(&p, 2, 4);
	job = placed_run(&p, 0, 1, 9000);
	placed_run(&p, 1, 2, 9000)->place.movable = false;
	placed_wait(&p, 1)->place.alone = true;
	decide(&p);
	assert_int_equal(p.moves.count, 1);
	placed_assert_move(&p, 0, job, 0, 1);
	placed_free(&p);
}

/* It asks for one CPU, and all four are free once it has left; elsewhere it is alone too. */
static void a_job_that_is_alone_leaves_its_whole_node(void **state)
{
	struct cluster_job *job;
	struct placed p;

	(void)state;
	placed_init(&p, 3, 4);
	p.nodes[2].cpus = p.nodes[2].free.cpus = 2;
	job = placed_run(&p, 0, 1, 9000);
	job->place.alone = true;
	p.nodes[0].free.cpus = 0;
	placed_run(&p, 1, 2, 9000)->place.movable = false;
	placed_wait(&p, 4);
	decide(&p);
	assert_int_equal(p.moves.count, 1);
	placed_assert_move(&p, 0, job, 0, 2);
	placed_free(&p);
}

/* A job ends in 50 s: for that none is moved. */
static void a_job_that_could_start_soon_anyway_waits(void **state)
{
	struct placed p;

	(void)state;
	placed_init(&p, 2, 2);
	placed_run(&p, 0, 1, 9000);
	placed_run(&p, 1, 1, 50);
	placed_wait(&p, 2);
	decide(&p);
	assert_int_equal(p.moves.count, 0);
	placed_free(&p);
}

/*
 * Many small random clusters: whatever is planned fits, when it has been carried out, and
 * so does the job for which it was done.
 */
static void what_is_planned_fits(void **state)
{
	size_t planned = 0;

	(void)state;
	srand(1);
	for (int n = 0; n < 3000; n++) {
		uint32_t nodes = 2 + (uint32_t)rand() % 4;
		int left[8];
		struct placed p;

		placed_init(&p, nodes, 4);
		for (int i = 0; i < 12; i++) {
			uint32_t at = (uint32_t)rand() % nodes;
			uint32_t cpus = 1 + (uint32_t)rand() % 2;

			if (p.nodes[at].free.cpus >= cpus)
				placed_run(&p, at, cpus, 9000)->restore = rand() % 50;
		}
		for (int i = 0; i < 3; i++)
			placed_wait(&p, 2 + (uint32_t)rand() % 3);
		decide(&p);
		for (uint32_t i = 0; i < nodes; i++)
			left[i] = (int)p.nodes[i].free.cpus;
		for (size_t i = 0; i < p.moves.count; i++) {
			const struct moves_move *move = &p.moves.moves[i];

			left[move->from] += (int)move->job->cpus;
			left[move->to] -= (int)move->job->cpus;
			if (i + 1 == p.moves.count ||
			    p.moves.moves[i + 1].group != move->group)
				left[move->from] -= (int)move->because->cpus;
		}
		for (uint32_t i = 0; i < nodes; i++)
			assert_true(left[i] >= 0);
		planned += p.moves.count;
		placed_free(&p);
	}
	assert_true(planned > 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_cheaper_of_two_jobs_makes_room),
		cmocka_unit_test(what_must_not_move_stays),
		cmocka_unit_test(a_job_moves_again_after_a_while),
		cmocka_unit_test(as_little_leaves_as_makes_room),
		cmocka_unit_test(several_leave_together_or_none),
		cmocka_unit_test(room_is_given_away_once),
		cmocka_unit_test(a_job_that_wants_to_be_alone_has_a_node_emptied),
		cmocka_unit_test(a_job_that_is_alone_leaves_its_whole_node),
		cmocka_unit_test(a_job_that_could_start_soon_anyway_waits),
		cmocka_unit_test(what_is_planned_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
