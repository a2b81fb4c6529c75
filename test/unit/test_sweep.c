// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "store/sweep.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "testing.h"

#define BEFORE 1000000 /* seconds since 1970 */

static void set_age(struct place *p, const char *path, time_t seconds)
{
	const struct timespec times[2] = { { .tv_sec = seconds }, { .tv_sec = seconds } };

	assert_int_equal(utimensat(p->fd, path, times, AT_SYMLINK_NOFOLLOW), 0);
}

static void put_record(struct place *p, const char *path, const char *user,
		       unsigned int job)
{
	cleanup_folder struct folder folder = {
		.fd = openat(p->fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
		.path = strdup(path)
	};
	struct error e;

	assert_int_equal(manifest_set(&folder.record, RECORD_JOB, "%u", job), 0);
	assert_int_equal(manifest_set(&folder.record, RECORD_USER, "%s", user), 0);
	assert_int_equal(folder_save(&folder, &e), 0);
}

static void put_dir_of(struct place *p, const char *path, const char *user,
		       time_t seconds)
{
	cleanup_free char *file = str_printf("%s/file", path);

	assert_int_equal(mkdirat(p->fd, path, 0700), 0);
	put_file(p->fd, file, "x");
	put_record(p, path, user,
		   (unsigned int)strtoul(strrchr(path, '/') + 1, NULL, 10));
	set_age(p, path, seconds);
}

static void put_dir(struct place *p, const char *path, time_t seconds)
{
	put_dir_of(p, path, "u", seconds);
}

static int sweep(struct place *p, struct error *e)
{
	return sweep_aside(place_path(p, "%u"), "u", "c", BEFORE, e);
}

/* The cluster's directory of a user's, which is empty. */
static void begin(struct place *p)
{
	assert_int_equal(mkdirat(p->fd, "u", 0700), 0);
	assert_int_equal(mkdirat(p->fd, "u/c", 0700), 0);
}

static void only_what_was_set_aside_long_ago_is_removed(void **state)
{
	static const struct {
		const char *path;
		time_t seconds;
		bool removed;
	} cases[] = {
		{ "u/c/7.1", BEFORE - 1, true },  { "u/c/7.2", BEFORE, false },
		{ "u/c/7.3", BEFORE + 1, false }, { "u/c/7.12", 1, true },
		{ "u/c/4294967295.1", 1, true },  { "u/c/7", 1, false },
		{ "u/c/7.", 1, false },		  { "u/c/.7", 1, false },
		{ "u/c/.7.1", 1, false },	  { "u/c/7.x", 1, false },
		{ "u/c/7.1x", 1, false },	  { "u/c/7.1.1", 1, false },
		{ "u/c/7.-1", 1, false },	  { "u/c/x.1", 1, false },
		{ "u/c/7-1", 1, false },	  { "u/7.1", 1, false },
		{ "u/c/7/9.1", 1, false },
	};
	struct place *p = *state;
	struct error e = { .text = "" };
	int removed = 0;

	begin(p);
	for (size_t i = 0; i < LENGTH(cases); i++) {
		put_dir(p, cases[i].path, cases[i].seconds);
		removed += cases[i].removed;
	}
	set_age(p, "u/c/7", 1);
	for (int twice = 0; twice < 2; twice++) {
		assert_int_equal(sweep(p, &e), twice ? 0 : removed);
		for (size_t i = 0; i < LENGTH(cases); i++) {
			if (exists(p->fd, cases[i].path) == cases[i].removed)
				fail_msg("%s", cases[i].path);
		}
	}
}

/* And one of a stranger's does not keep the others from it. */
static void what_says_that_it_is_anothers_is_not_removed(void **state)
{
	struct place *p = *state;
	struct error e;

	begin(p);
	put_dir_of(p, "u/c/7.1", "v", 1);
	put_dir(p, "u/c/8.1", 1);
	put_dir(p, "u/c/9.1", 1);
	put_record(p, "u/c/9.1", "u", 8);
	set_age(p, "u/c/9.1", 1);
	assert_int_equal(sweep(p, &e), -1);
	assert_says(&e, "does not name job");
	assert_true(exists(p->fd, "u/c/7.1/file"));
	assert_false(exists(p->fd, "u/c/8.1"));
	assert_true(exists(p->fd, "u/c/9.1/file"));
}

static void a_file_is_not_removed(void **state)
{
	struct place *p = *state;
	struct error e;

	begin(p);
	put_file(p->fd, "u/c/7.1", "x");
	set_age(p, "u/c/7.1", 1);
	assert_int_equal(sweep(p, &e), 0);
	assert_content(p->fd, "u/c/7.1", "x");
}

static void only_what_a_job_left_that_is_gone_is_unlinked(void **state)
{
	static const struct {
		const char *path, *target;
		bool removed;
	} cases[] = {
		{ "u/c/1", "2", true },	 /* which is gone */
		{ "u/c/3", "1", true },	 /* and so is what led there */
		{ "u/c/4", "7", false }, /* which is there */
		{ "u/c/5", "4", false },
		{ "u/c/6.1", "7", false },
		{ "u/c/7.1", "2", false },
		{ "u/c/notes", "2", false }, /* the user's own */
		{ "u/c/8", "/mnt/away/8", false },
		{ "u/c/9", "../away", false },
		{ "u/c/10", "10", false },
	};
	struct place *p = *state;
	struct error e = { .text = "" };

	begin(p);
	put_dir(p, "u/c/7", 1);
	for (size_t i = 0; i < LENGTH(cases); i++) {
		assert_int_equal(symlinkat(cases[i].target, p->fd, cases[i].path), 0);
		set_age(p, cases[i].path, 1);
	}
	assert_int_equal(sweep(p, &e), 2);
	for (size_t i = 0; i < LENGTH(cases); i++) {
		if (exists(p->fd, cases[i].path) == cases[i].removed)
			fail_msg("%s", cases[i].path);
	}
	assert_content(p->fd, "u/c/7/file", "x");
}

static void where_nothing_is_there_is_nothing_to_remove(void **state)
{
	struct place *p = *state;
	struct error e;

	assert_int_equal(sweep(p, &e), 0);
	begin(p);
	assert_int_equal(sweep(p, &e), 0);
}

static void what_is_no_directory_is_an_error(void **state)
{
	struct place *p = *state;
	struct error e;

	assert_int_equal(mkdirat(p->fd, "u", 0700), 0);
	put_file(p->fd, "u/c", "x");
	assert_int_equal(sweep(p, &e), -1);
	assert_says(&e, "u/c: Not a directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(only_what_was_set_aside_long_ago_is_removed),
		in_place(what_says_that_it_is_anothers_is_not_removed),
		in_place(a_file_is_not_removed),
		in_place(only_what_a_job_left_that_is_gone_is_unlinked),
		in_place(where_nothing_is_there_is_nothing_to_remove),
		in_place(what_is_no_directory_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
