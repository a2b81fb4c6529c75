// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/verdict.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "testing.h"

/* The name of the user's directory in the place. */
static const char *name(void)
{
	static char text[64];

	snprintf(text, sizeof(text), ".slurm-checkpoint-%u", geteuid());
	return text;
}

static void a_verdict_is_on_its_key_alone(void **state)
{
	const struct place *place = *state;
	cleanup_close int dir = verdict_open_dir(place->path);
	const struct error bad = { .text = "it cannot" };
	struct error why = { .text = "" };

	assert_true(dir >= 0);
	assert_int_equal(verdict_read(dir, "a", &why), VERDICT_UNKNOWN);
	verdict_write(dir, "a", NULL);
	verdict_write(dir, "b", &bad);
	assert_int_equal(verdict_read(dir, "a", &why), VERDICT_GOOD);
	assert_int_equal(verdict_read(dir, "b", &why), VERDICT_BAD);
	assert_string_equal(why.text, "it cannot");
	assert_int_equal(verdict_read(dir, "c", &why), VERDICT_UNKNOWN);
	verdict_write(dir, "b", NULL);
	assert_int_equal(verdict_read(dir, "b", &why), VERDICT_GOOD);
}

/* Set back the time of all files of a directory. */
static void make_older(int dir, time_t seconds)
{
	const time_t then = time(NULL) - seconds;
	const struct timespec times[2] = { { .tv_sec = then }, { .tv_sec = then } };
	cleanup_closedir DIR *d = fdopendir(openat(dir, ".", O_RDONLY | O_DIRECTORY));
	struct dirent *entry;

	while ((entry = readdir(d)))
		(void)utimensat(dir, entry->d_name, times, 0);
}

static void a_bad_one_holds_for_a_minute(void **state)
{
	const struct place *place = *state;
	cleanup_close int dir = verdict_open_dir(place->path);
	const struct error bad = { .text = "it cannot" };
	struct error why;

	verdict_write(dir, "good", NULL);
	verdict_write(dir, "bad", &bad);
	make_older(dir, 61);
	assert_int_equal(verdict_read(dir, "good", &why), VERDICT_GOOD);
	assert_int_equal(verdict_read(dir, "bad", &why), VERDICT_UNKNOWN);
	make_older(dir, -3600); /* the clock was put back */
	assert_int_equal(verdict_read(dir, "bad", &why), VERDICT_UNKNOWN);
}

static void those_of_an_earlier_boot_are_removed(void **state)
{
	const struct place *place = *state;
	cleanup_close int dir = verdict_open_dir(place->path);

	put_file(dir, "00000000-0000-0000-0000-000000000000-abc", "good\n");
	verdict_write(dir, "a", NULL);
	assert_false(exists(dir, "00000000-0000-0000-0000-000000000000-abc"));
}

static void a_directory_that_others_can_write_to_is_not_used(void **state)
{
	const struct place *place = *state;

	assert_int_equal(mkdirat(place->fd, name(), 0700), 0);
	assert_int_equal(fchmodat(place->fd, name(), 0770, 0), 0);
	assert_int_equal(verdict_open_dir(place->path), -1);
}

static void a_link_is_not_followed(void **state)
{
	const struct place *place = *state;

	assert_int_equal(mkdirat(place->fd, "mine", 0700), 0);
	assert_int_equal(symlinkat("mine", place->fd, name()), 0);
	assert_int_equal(verdict_open_dir(place->path), -1);
}

static void another_user_s_directory_is_not_used(void **state)
{
	const struct place *place = *state;

	needs_root();
	assert_int_equal(mkdirat(place->fd, name(), 0700), 0);
	assert_int_equal(fchownat(place->fd, name(), SOMEBODY, SOMEBODY, 0), 0);
	assert_int_equal(verdict_open_dir(place->path), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(a_verdict_is_on_its_key_alone),
		in_place(a_bad_one_holds_for_a_minute),
		in_place(those_of_an_earlier_boot_are_removed),
		in_place(a_directory_that_others_can_write_to_is_not_used),
		in_place(a_link_is_not_followed),
		in_place(another_user_s_directory_is_not_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
