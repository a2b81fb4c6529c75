// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "runner/room.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "testing.h"

#define K (1ull << 10)

static int check(const struct folder *folder, uint64_t quota, struct error *e)
{
	struct task task = {
		.job = 7, .user = "u", .keep = CONF_KEEP_MAX, .conf.quota = quota
	};

	e->text[0] = '\0';
	return room_check(&task, folder, e);
}

static void must_have_room(const struct folder *folder, uint64_t quota)
{
	struct error e;

	if (check(folder, quota, &e) < 0)
		fail_msg("%s", e.text);
}

static void the_first_checkpoint_has_room(void **state)
{
	cleanup_folder struct folder folder;

	make_folder(*state, 7, &folder);
	must_have_room(&folder, 0);
	must_have_room(&folder, 1);
}

static void without_a_quota_there_is_room_for_what_fits(void **state)
{
	cleanup_folder struct folder folder;

	make_folder(*state, 7, &folder);
	for (int i = 0; i < 10; i++)
		commit_bytes(&folder, 100 * K);
	must_have_room(&folder, 0);
}

/* The next one is taken to become as large as the last one. */
static void the_quota_is_for_all_generations_and_the_next_one(void **state)
{
	static const struct {
		uint64_t quota;
		int rc;
	} cases[] = {
		{ 0, 0 },	    { 1, -1 },	   { 40 * K, -1 }, /* what is there */
		{ 70 * K - 1, -1 }, { 70 * K, 0 },		   /* and 30 K more */
		{ INT64_MAX, 0 },
	};
	cleanup_folder struct folder folder;

	make_folder(*state, 7, &folder);
	commit_bytes(&folder, 10 * K);
	commit_bytes(&folder, 30 * K);
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct error e;

		assert_int_equal(check(&folder, cases[i].quota, &e), cases[i].rc);
		if (cases[i].rc < 0) {
			assert_says(&e, "user u has reached Quota=");
			assert_says(&e, "with 40K in use; remove old checkpoints");
		}
	}
}

/* Or a job at its limit could never leave. */
static void what_the_next_one_replaces_is_room(void **state)
{
	struct task task = { .job = 7, .user = "u", .keep = 2 };
	cleanup_folder struct folder folder;
	struct error e;

	make_folder(*state, 7, &folder);
	commit_bytes(&folder, 10 * K);
	commit_bytes(&folder, 30 * K);
	task.conf.quota = 60 * K - 1;
	assert_int_equal(room_check(&task, &folder, &e), -1);
	task.conf.quota = 60 * K;
	assert_int_equal(room_check(&task, &folder, &e), 0);
}

static void the_quota_is_for_all_jobs_of_the_user(void **state)
{
	struct place *p = *state;
	cleanup_folder struct folder seven;
	cleanup_folder struct folder eight;
	struct error e;

	make_folder(p, 7, &seven);
	make_folder(p, 8, &eight);
	commit_bytes(&seven, 10 * K);
	commit_bytes(&eight, 50 * K);
	assert_int_equal(check(&seven, 70 * K - 1, &e), -1);
	must_have_room(&seven, 70 * K);
	assert_int_equal(check(&eight, 110 * K - 1, &e), -1);
	must_have_room(&eight, 110 * K);
}

static void a_file_system_that_is_too_full_is_refused(void **state)
{
	cleanup_folder struct folder folder;
	struct error e;

	make_folder(*state, 7, &folder);
	commit_bytes(&folder, INT64_MAX);
	assert_int_equal(check(&folder, 0, &e), -1);
	assert_says(&e, folder.path);
	assert_says(&e, " are free there, and the last checkpoint took 8192.00P; make "
			"room, or have fewer generations kept");
	/* just the last one counts */
	commit_bytes(&folder, K);
	must_have_room(&folder, 0);
}

static void one_that_cannot_be_read_asks_for_nothing(void **state)
{
	cleanup_folder struct folder folder;

	make_folder(*state, 7, &folder);
	commit_bytes(&folder, INT64_MAX);
	flip_bit(folder.fd, "1/" GENERATION_MANIFEST, 30);
	must_have_room(&folder, 0);
	must_have_room(&folder, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(the_first_checkpoint_has_room),
		in_place(without_a_quota_there_is_room_for_what_fits),
		in_place(the_quota_is_for_all_generations_and_the_next_one),
		in_place(what_the_next_one_replaces_is_room),
		in_place(the_quota_is_for_all_jobs_of_the_user),
		in_place(a_file_system_that_is_too_full_is_refused),
		in_place(one_that_cannot_be_read_asks_for_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
