// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "runner/mark.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "store/output.h"
#include "store/tmpdir.h"
#include "testing.h"

static const struct output_traits appended = { .kind = OUTPUT_APPENDED };
static const struct output_past nothing = { .job = 7 };

/* The job has written text to "out" and saved itself for gen. */
static void save(struct place *p, struct folder *folder, struct generation *gen,
		 const char *text)
{
	cleanup_close int fd = -1;
	struct error e;

	put_file(p->fd, "out", text);
	fd = open(place_path(p, "out"), O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	begin_generation(folder, gen);
	assert_int_equal(
		output_record(gen, place_path(p, "out"), fd, false, &appended, &e), 0);
	if (mark_set(folder, gen, &e) < 0)
		fail_msg("%s", e.text);
}

/* Twice, after "one" and "onetwo"; then it has written "three" as well. */
static void save_twice(struct place *p, struct folder *folder, struct generation *first,
		       struct generation *second)
{
	make_folder(p, 7, folder);
	save(p, folder, first, "one");
	commit_generation(folder, first);
	save(p, folder, second, "onetwo");
	put_file(p->fd, "out", "onetwothree");
}

static void outputs_are_put_back_to_the_last_save(void **state)
{
	struct place *p = *state;
	cleanup_folder struct folder folder;
	cleanup_generation struct generation first, second;

	save_twice(p, &folder, &first, &second);
	assert_true(mark_put_back(&folder, &first, &nothing));
	assert_content(p->fd, "out", "onetwo");
}

static void the_generation_of_the_last_save_needs_no_mark(void **state)
{
	struct place *p = *state;
	cleanup_folder struct folder folder;
	cleanup_generation struct generation first, second;

	save_twice(p, &folder, &first, &second);
	assert_false(mark_put_back(&folder, &second, &nothing));
	assert_content(p->fd, "out", "onetwothree");
}

static void outputs_that_are_shorter_are_left_to_the_generation(void **state)
{
	struct place *p = *state;
	cleanup_folder struct folder folder;
	cleanup_generation struct generation first, second;

	save_twice(p, &folder, &first, &second);
	put_file(p->fd, "out", "onet");
	assert_false(mark_put_back(&folder, &first, &nothing));
	assert_content(p->fd, "out", "onet");
}

static void a_mark_that_is_damaged_or_gone_is_none(void **state)
{
	struct place *p = *state;
	cleanup_folder struct folder folder;
	cleanup_generation struct generation first, second;

	save_twice(p, &folder, &first, &second);
	flip_bit(folder.fd, FOLDER_MARK, 40);
	assert_false(mark_put_back(&folder, &first, &nothing));
	mark_remove(&folder);
	assert_false(exists(folder.fd, FOLDER_MARK));
	assert_false(mark_put_back(&folder, &first, &nothing));
	assert_content(p->fd, "out", "onetwothree");
}

static void with_a_TMPDIR_the_generation_alone_counts(void **state)
{
	struct place *p = *state;
	cleanup_folder struct folder folder;
	cleanup_generation struct generation first, second, third;
	struct error e;

	save_twice(p, &folder, &first, &second);
	add_file(&first, TMPDIR_ARCHIVE, "", 0);
	assert_false(mark_put_back(&folder, &first, &nothing));
	commit_generation(&folder, &second);
	begin_generation(&folder, &third);
	add_file(&third, TMPDIR_ARCHIVE, "", 0);
	assert_int_equal(mark_set(&folder, &third, &e), 0);
	assert_false(exists(folder.fd, FOLDER_MARK));
	assert_false(mark_put_back(&folder, &second, &nothing));
}

static void who_has_been_replaced_sets_no_mark(void **state)
{
	struct place *p = *state;
	cleanup_folder struct folder folder, other;
	cleanup_generation struct generation gen;
	struct error e;

	make_folder(p, 7, &folder);
	make_folder(p, 7, &other);
	assert_int_equal(manifest_set(&other.record, RECORD_RESTART, "1"), 0);
	assert_int_equal(folder_save(&other, &e), 0);
	begin_generation(&folder, &gen);
	assert_int_equal(mark_set(&folder, &gen, &e), -1);
	assert_false(exists(folder.fd, FOLDER_MARK));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(outputs_are_put_back_to_the_last_save),
		in_place(the_generation_of_the_last_save_needs_no_mark),
		in_place(outputs_that_are_shorter_are_left_to_the_generation),
		in_place(a_mark_that_is_damaged_or_gone_is_none),
		in_place(with_a_TMPDIR_the_generation_alone_counts),
		in_place(who_has_been_replaced_sets_no_mark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
