// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "store/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "testing.h"

/* The store of user "u", job 7 of cluster "c", below the test's place. */
static int make(struct place *p, struct folder *folder, const char *pattern,
		struct error *e)
{
	return folder_make(folder, place_path(p, pattern), "u", "c", 7, e);
}

/* ---- in place of the C library ---- */

int __real_renameat2(int from_dir, const char *from, int to_dir, const char *to,
		     unsigned int flags);
int __wrap_renameat2(int from_dir, const char *from, int to_dir, const char *to,
		     unsigned int flags);

static bool knows_noreplace = true;

/* As on NFS, where there are no flags. */
int __wrap_renameat2(int from_dir, const char *from, int to_dir, const char *to,
		     unsigned int flags)
{
	if (!knows_noreplace && flags) {
		errno = EINVAL;
		return -1;
	}
	return __real_renameat2(from_dir, from, to_dir, to, flags);
}

/* ---- making ---- */

static void what_the_percents_stand_for_is_made_for_the_user_alone(void **state)
{
	static const struct {
		const char *pattern, *path;
	} cases[] = {
		{ "%u", "u/c/7" },
		{ "x-%u", "x-u/c/7" },
		{ "%u/deep/job%j", "u/deep/job7/c/7" },
		{ "100%%/%j//", "100%/7/c/7" },
		{ "", "c/7" },
		{ "there", "there/c/7" },
		{ "there/%u/..x", "there/u/..x/c/7" },
	};
	struct place *p = *state;
	struct error e;

	umask(0);
	assert_int_equal(mkdirat(p->fd, "there", 0755), 0);
	for (size_t i = 0; i < LENGTH(cases); i++) {
		cleanup_free char *path = strdup(cases[i].path);

		for (int twice = 0; twice < 2; twice++) {
			cleanup_folder struct folder folder;

			if (make(p, &folder, cases[i].pattern, &e) < 0)
				fail_msg("%s: %s", cases[i].pattern, e.text);
			assert_true(folder.path[0] == '/');
			assert_true(stat_of(AT_FDCWD, folder.path).st_ino ==
				    stat_of(p->fd, path).st_ino);
			assert_true(fcntl(folder.fd, F_GETFD) & FD_CLOEXEC);
			assert_int_equal(folder.record.nattrs, 0);
		}
		assert_mode(p->fd, path, 0700);
		*strrchr(path, '/') = '\0';
		assert_mode(p->fd, path, 0700);
	}
	assert_mode(p->fd, "there", 0755);
}

static void what_stands_before_the_first_percent_must_exist(void **state)
{
	static const char *const patterns[] = { "missing", "missing/%u", "missing/a%u" };
	struct place *p = *state;
	struct error e;

	for (size_t i = 0; i < LENGTH(patterns); i++) {
		cleanup_folder struct folder folder;

		assert_int_equal(make(p, &folder, patterns[i], &e), -1);
		assert_says(&e, "missing");
		assert_says(&e, "No such file");
		assert_false(exists(p->fd, "missing"));
	}
}

static void a_pattern_that_means_nothing_is_refused(void **state)
{
	struct place *p = *state;
	cleanup_folder struct folder relative;
	cleanup_folder struct folder unknown;
	struct error e;

	assert_int_equal(folder_make(&relative, "relative/%u", "u", "c", 7, &e), -1);
	assert_int_equal(make(p, &unknown, "%x", &e), -1);
}

static void a_folder_that_others_can_write_to_is_refused(void **state)
{
	static const mode_t modes[] = { 0777, 0702, 0720, 01777, 0770 };
	static const char *const names[] = { "u", "u/c", "u/c/7" };
	struct place *p = *state;
	struct error e;

	for (size_t n = 0; n < LENGTH(names); n++) {
		assert_int_equal(mkdirat(p->fd, names[n], 0700), 0);
		for (size_t i = 0; i < LENGTH(modes); i++) {
			cleanup_folder struct folder folder;

			assert_int_equal(fchmodat(p->fd, names[n], modes[i], 0), 0);
			assert_int_equal(make(p, &folder, "%u", &e), -1);
			assert_says(&e, "can be written by other users");
		}
		assert_int_equal(fchmodat(p->fd, names[n], 0755, 0), 0);
	}
	cleanup_folder struct folder folder;

	assert_int_equal(make(p, &folder, "%u", &e), 0);
}

static void a_folder_of_somebody_elses_is_refused(void **state)
{
	static const char *const names[] = { "u", "u/c", "u/c/7" };
	struct place *p = *state;
	struct error e;

	needs_root();
	for (size_t n = 0; n < LENGTH(names); n++) {
		cleanup_folder struct folder folder;

		assert_int_equal(mkdirat(p->fd, names[n], 0700), 0);
		assert_int_equal(fchownat(p->fd, names[n], SOMEBODY, (gid_t)-1, 0), 0);
		assert_int_equal(make(p, &folder, "%u", &e), -1);
		assert_says(&e, "belongs to another user");
		assert_int_equal(fchownat(p->fd, names[n], 0, (gid_t)-1, 0), 0);
	}
}

static void a_user_may_use_what_is_roots_or_the_users(void **state)
{
	struct place *p = *state;
	struct error e;

	needs_root();
	assert_int_equal(fchmod(p->fd, 0755), 0);
	assert_int_equal(mkdirat(p->fd, "u", 0755), 0);
	assert_int_equal(mkdirat(p->fd, "u/c", 0755), 0);
	assert_int_equal(fchownat(p->fd, "u/c", SOMEBODY, (gid_t)-1, 0), 0);
	become(SOMEBODY);
	cleanup_folder struct folder folder;

	assert_int_equal(make(p, &folder, "%u", &e), 0);
	assert_int_equal(stat_of(folder.fd, ".").st_uid, SOMEBODY);
	become(0);
}

static void a_symbolic_link_is_refused(void **state)
{
	static const char *const names[] = { "u", "u/c", "u/c/7" };
	struct place *p = *state;
	struct error e;

	assert_int_equal(mkdirat(p->fd, "elsewhere", 0700), 0);
	for (size_t n = 0; n < LENGTH(names); n++) {
		cleanup_folder struct folder folder;

		assert_int_equal(symlinkat(place_path(p, "elsewhere"), p->fd, names[n]),
				 0);
		assert_int_equal(make(p, &folder, "%u", &e), -1);
		assert_int_equal(unlinkat(p->fd, names[n], 0), 0);
		assert_int_equal(mkdirat(p->fd, names[n], 0700), 0);
	}
	assert_int_equal(unlinkat(p->fd, "elsewhere", AT_REMOVEDIR), 0); /* still empty */
}

static void a_file_in_the_folders_place_is_refused(void **state)
{
	struct place *p = *state;
	cleanup_folder struct folder folder;
	struct error e;

	put_file(p->fd, "u", "");
	assert_int_equal(make(p, &folder, "%u", &e), -1);
	assert_says(&e, "Not a directory");
}

/* ---- the record ---- */

static void the_record_is_read_again_by_whoever_opens_the_folder(void **state)
{
	struct place *p = *state;
	cleanup_folder struct folder folder;
	cleanup_folder struct folder again;
	struct error e;

	umask(0);
	assert_int_equal(make(p, &folder, "%u", &e), 0);
	assert_int_equal(manifest_set(&folder.record, "restart", "%d", 3), 0);
	assert_false(exists(folder.fd, FOLDER_RECORD));
	assert_int_equal(folder_save(&folder, &e), 0);
	assert_mode(folder.fd, FOLDER_RECORD, 0600);
	assert_int_equal(make(p, &again, "%u", &e), 0);
	assert_string_equal(manifest_get(&again.record, "restart"), "3");
	assert_int_equal(manifest_set(&folder.record, "restart", "%d", 4), 0);
	assert_int_equal(folder_save(&folder, &e), 0);
	assert_int_equal(folder_load(&again, &e), 0);
	assert_string_equal(manifest_get(&again.record, "restart"), "4");
}

static void a_damaged_record_is_refused(void **state)
{
	struct place *p = *state;
	cleanup_folder struct folder folder;
	struct error e;

	assert_int_equal(make(p, &folder, "%u", &e), 0);
	assert_int_equal(manifest_set(&folder.record, "restart", "%d", 3), 0);
	assert_int_equal(folder_save(&folder, &e), 0);
	flip_bit(folder.fd, FOLDER_RECORD, 35);
	assert_int_equal(folder_load(&folder, &e), -1);
	assert_says(&e, folder.path);
	assert_says(&e, "manifest is damaged");
	put_file(folder.fd, FOLDER_RECORD, "");
	assert_int_equal(folder_load(&folder, &e), -1);
	for (int twice = 0; twice < 2; twice++) {
		cleanup_folder struct folder again;

		assert_int_equal(make(p, &again, "%u", &e), -1);
	}
}

/* ---- setting aside, and removing ---- */

static void set_aside_twice(struct place *p)
{
	cleanup_folder struct folder folder;
	struct error e;

	assert_int_equal(make(p, &folder, "%u", &e), 0);
	for (int n = 1; n <= 3; n++) {
		char text[2] = { (char)('0' + n), '\0' };

		assert_int_equal(manifest_set(&folder.record, "restart", "%d", n), 0);
		put_file(folder.fd, FOLDER_SCRIPT, text);
		if (folder_set_aside(&folder, &e) < 0)
			fail_msg("the %d. time: %s", n, e.text);
		assert_int_equal(folder.record.nattrs, 0);
		assert_false(exists(folder.fd, FOLDER_SCRIPT));
		assert_true(stat_of(folder.fd, ".").st_ino ==
			    stat_of(p->fd, "u/c/7").st_ino);
		assert_mode(p->fd, "u/c/7", 0700);
	}
	assert_content(p->fd, "u/c/7.1/" FOLDER_SCRIPT, "1");
	assert_content(p->fd, "u/c/7.2/" FOLDER_SCRIPT, "2");
	assert_content(p->fd, "u/c/7.3/" FOLDER_SCRIPT, "3");
}

static void what_a_former_job_left_is_set_aside_and_kept(void **state)
{
	set_aside_twice(*state);
}

static void it_is_kept_on_a_file_system_without_noreplace_too(void **state)
{
	knows_noreplace = false;
	set_aside_twice(*state);
	knows_noreplace = true;
}

static void a_folder_that_cannot_be_set_aside_stays(void **state)
{
	struct place *p = *state;
	cleanup_folder struct folder folder;
	struct error e;

	assert_int_equal(make(p, &folder, "%u", &e), 0);
	assert_int_equal(renameat(p->fd, "u", p->fd, "moved"), 0);
	assert_int_equal(folder_set_aside(&folder, &e), -1);
	assert_says(&e, "No such file");
	assert_true(exists(p->fd, "moved/c/7"));
}

static void a_folder_is_removed_with_all_in_it(void **state)
{
	struct place *p = *state;
	cleanup_folder struct folder folder;
	struct error e;

	assert_int_equal(make(p, &folder, "%u", &e), 0);
	assert_int_equal(folder_save(&folder, &e), 0);
	assert_int_equal(mkdirat(folder.fd, "1", 0700), 0);
	put_file(folder.fd, "1/manifest", "x");
	assert_int_equal(folder_remove(&folder, &e), 0);
	assert_false(exists(p->fd, "u/c/7"));
	assert_true(exists(p->fd, "u/c"));
	assert_int_equal(folder_remove(&folder, &e), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(what_the_percents_stand_for_is_made_for_the_user_alone),
		in_place(what_stands_before_the_first_percent_must_exist),
		in_place(a_pattern_that_means_nothing_is_refused),
		in_place(a_folder_that_others_can_write_to_is_refused),
		in_place(a_folder_of_somebody_elses_is_refused),
		in_place(a_user_may_use_what_is_roots_or_the_users),
		in_place(a_symbolic_link_is_refused),
		in_place(a_file_in_the_folders_place_is_refused),
		in_place(the_record_is_read_again_by_whoever_opens_the_folder),
		in_place(a_damaged_record_is_refused),
		in_place(what_a_former_job_left_is_set_aside_and_kept),
		in_place(it_is_kept_on_a_file_system_without_noreplace_too),
		in_place(a_folder_that_cannot_be_set_aside_stays),
		in_place(a_folder_is_removed_with_all_in_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
