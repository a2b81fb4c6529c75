// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/move.h"

#include <string.h>

#include "testing.h"

static void a_move_is_read_as_it_was_written(void **state)
{
	cleanup_folder struct folder folder = { .fd = -1 };
	struct move move = { .restart = 3, .hold = true }, read;
	struct error e;

	make_folder(*state, 7, &folder);
	placement_put(&move.wanted, PLACEMENT_NODELIST, "");
	placement_put(&move.wanted, PLACEMENT_EXCLUDE, "n[1-3]");
	assert_int_equal(move_write(&folder, &move, &e), 0);
	assert_mode(folder.fd, FOLDER_MOVE, 0600);
	assert_int_equal(move_read(&folder, &read, &e), 1);
	assert_int_equal(read.restart, 3);
	assert_true(read.hold);
	assert_string_equal(read.wanted.value[PLACEMENT_NODELIST], "");
	assert_string_equal(read.wanted.value[PLACEMENT_EXCLUDE], "n[1-3]");
	assert_null(read.wanted.value[PLACEMENT_PARTITION]);
	move_free(&read);
	move_free(&move);
	move_remove(&folder);
	assert_int_equal(move_read(&folder, &read, &e), 0);
	move_free(&read);
}

static void what_is_damaged_or_says_too_little_is_refused(void **state)
{
	cleanup_folder struct folder folder = { .fd = -1 };
	struct move move = { 0 }, read;
	struct manifest m = { 0 };
	struct error e;

	make_folder(*state, 7, &folder);
	put_file(folder.fd, FOLDER_MOVE, "restart 3\n");
	assert_int_equal(move_read(&folder, &read, &e), -1);
	assert_says(&e, "/move: ");
	move_free(&read);
	assert_int_equal(move_write(&folder, &move, &e), 0);
	flip_bit(folder.fd, FOLDER_MOVE, 3);
	assert_int_equal(move_read(&folder, &read, &e), -1);
	move_free(&read);
	manifest_free(&m);
}

static void a_jobs_own_request_is_kept_in_its_record_until_it_is_taken_out(void **state)
{
	cleanup_folder struct folder folder = { .fd = -1 }, again = { .fd = -1 };
	struct kept kept = { .restart = 4 }, read;
	struct error e;

	make_folder(*state, 7, &folder);
	assert_int_equal(manifest_set(&folder.record, RECORD_JOB, "7"), 0);
	placement_put(&kept.own, PLACEMENT_NODELIST, "");
	placement_put(&kept.own, PLACEMENT_CONSTRAINT, "big&fast");
	assert_int_equal(move_keep(&folder, &kept, &e), 0);
	make_folder(*state, 7, &again);
	assert_string_equal(manifest_get(&again.record, RECORD_JOB), "7");
	assert_int_equal(move_kept(&again, &read, &e), 0);
	assert_int_equal(read.restart, 4);
	assert_string_equal(read.own.value[PLACEMENT_NODELIST], "");
	assert_string_equal(read.own.value[PLACEMENT_CONSTRAINT], "big&fast");
	assert_null(read.own.value[PLACEMENT_EXCLUDE]);
	placement_free(&read.own);
	placement_free(&kept.own);
	assert_int_equal(move_keep(&again, &kept, &e), 0);
	assert_int_equal(move_kept(&again, &read, &e), 0);
	assert_true(placement_is_empty(&read.own));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(a_move_is_read_as_it_was_written),
		in_place(what_is_damaged_or_says_too_little_is_refused),
		in_place(a_jobs_own_request_is_kept_in_its_record_until_it_is_taken_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
