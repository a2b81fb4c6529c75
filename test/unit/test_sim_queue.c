// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_sim_queue.c - the queue, the ends and the profile find what a look at every entry
 * finds.
 */
#include "sim/queue.h"

#include "sim/ends.h"
#include "sim/profile.h"
#include "sim/random.h"
#include "testing.h"

#define ITEMS 3000

static uint64_t draw(struct sim_random *r, uint64_t below)
{
	return sim_random_next(r) % below;
}

/* ---- the queue ---- */

static bool fits(const struct queue_item *item, const struct queue_hole *hole)
{
	return item->place > hole->after && item->cpus <= hole->free &&
	       (item->length <= hole->seconds || item->cpus <= hole->extra);
}

/* Those that have left have no CPUs. */
static struct queue_item *naive_find(struct queue_item *items, size_t count,
				     const struct queue_hole *hole)
{
	struct queue_item *first = NULL;

	for (size_t i = 0; i < count; i++) {
		if (items[i].cpus && fits(&items[i], hole) &&
		    (!first || items[i].place < first->place))
			first = &items[i];
	}
	return first;
}

static void assert_found(const struct queue *q, struct queue_item *items, size_t count,
			 struct sim_random *r)
{
	struct queue_hole hole = {
		.after = draw(r, q->next + 1),
		.free = draw(r, 200),
		.extra = draw(r, 200),
		.seconds = (int64_t)draw(r, 1000),
	};
	struct queue_hole all = { .free = QUEUE_CPUS_MAX, .extra = QUEUE_CPUS_MAX };
	struct queue_item *first = queue_head(q);

	assert_ptr_equal(queue_find(q, &hole), naive_find(items, count, &hole));
	assert_ptr_equal(queue_find(q, &all), naive_find(items, count, &all));
	for (size_t i = 0; i < count; i++)
		assert_false(items[i].cpus && items[i].place < first->place);
}

static void the_first_that_fits_is_found(void **state)
{
	static struct queue_item items[ITEMS];
	struct sim_random r = { .state = 1 };
	struct queue q = { .next = 1 };

	(void)state;
	for (size_t i = 0; i < ITEMS; i++) {
		size_t other = draw(&r, i + 1);

		items[i].cpus = (uint32_t)(1 + draw(&r, draw(&r, 4) ? 9 : 250));
		items[i].length = (int64_t)draw(&r, 1000);
		assert_int_equal(queue_append(&q, &items[i]), 0);
		if (draw(&r, 3) && items[other].cpus) {
			queue_remove(&q, &items[other]);
			items[other].cpus = 0;
		}
		if (i % 16 == 0)
			assert_found(&q, items, i + 1, &r);
	}
	queue_free(&q);
}

static void a_cleared_queue_takes_another_order(void **state)
{
	struct queue_item items[40] = { 0 };
	struct queue q = { 0 };

	(void)state;
	for (size_t i = 0; i < LENGTH(items); i++) {
		items[i].cpus = (uint32_t)(1 + i % 5);
		assert_int_equal(queue_append(&q, &items[i]), 0);
	}
	queue_clear(&q);
	assert_null(queue_head(&q));
	for (size_t i = LENGTH(items); i-- > 0;)
		assert_int_equal(queue_append(&q, &items[i]), 0);
	for (size_t i = LENGTH(items); i-- > 0;) {
		assert_ptr_equal(queue_head(&q), &items[i]);
		queue_remove(&q, &items[i]);
	}
	assert_null(queue_head(&q));
	queue_free(&q);
}

/* ---- the ends ---- */

static int64_t naive_ends(const struct ends_entry *entries, size_t count, uint64_t need,
			  uint64_t *freed)
{
	for (int64_t at = 0; at <= 1000; at++) {
		*freed = 0;
		for (size_t i = 0; i < count; i++)
			*freed += entries[i].at <= at ? entries[i].cpus : 0;
		if (*freed >= need)
			return at;
	}
	return -1;
}

static void the_moment_is_found_by_which_enough_is_free(void **state)
{
	static struct ends_entry entries[ITEMS];
	struct sim_random r = { .state = 2 };
	struct ends ends = { 0 };

	(void)state;
	for (size_t i = 0; i < ITEMS; i++) {
		size_t other = draw(&r, i + 1);
		uint64_t need = 1 + draw(&r, 9000), freed = 0, expected;
		int64_t at;

		entries[i].at = (int64_t)(1 + draw(&r, 1000));
		entries[i].cpus = 1 + draw(&r, 9);
		assert_int_equal(ends_add(&ends, entries[i].at, entries[i].cpus), 0);
		if (draw(&r, 3) == 0 && entries[other].cpus) {
			ends_remove(&ends, entries[other].at, entries[other].cpus);
			entries[other].cpus = 0;
		}
		if (i % 64)
			continue;
		at = naive_ends(entries, i + 1, need, &expected);
		assert_int_equal(ends_find(&ends, need, &freed), at);
		if (at >= 0)
			assert_int_equal(freed, expected);
	}
	ends_free(&ends);
}

/* ---- the profile ---- */

static void a_reservation_is_free_for_all_of_its_time(void **state)
{
	struct profile p = { 0 };

	(void)state;
	assert_int_equal(profile_begin(&p, 10, 1), 0);
	assert_int_equal(profile_append(&p, 20, 2), 0);
	assert_int_equal(profile_append(&p, 20, 1), 0);
	assert_int_equal(profile_append(&p, 50, 4), 0);
	/* 1 from 10, 4 from 20, 8 from 50. */
	assert_int_equal(profile_find(&p, 1, 1000), 10);
	assert_int_equal(profile_find(&p, 4, 10), 20);
	assert_int_equal(profile_find(&p, 5, 1), 50);
	assert_int_equal(profile_find(&p, 9, 1), -1);
	assert_int_equal(profile_reserve(&p, 30, 5, 3), 0);
	/* 1 from 30 to 35. */
	assert_int_equal(profile_find(&p, 4, 10), 20);
	assert_int_equal(profile_find(&p, 4, 11), 35);
	assert_int_equal(profile_find(&p, 1, 1000), 10);
	profile_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_that_fits_is_found),
		cmocka_unit_test(a_cleared_queue_takes_another_order),
		cmocka_unit_test(the_moment_is_found_by_which_enough_is_free),
		cmocka_unit_test(a_reservation_is_free_for_all_of_its_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
