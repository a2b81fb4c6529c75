// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "store/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
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
		assert_says(&e, "does not exist on this host");
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
		assert_says(&e, "belongs to user 54321");
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

static void a_record_that_is_damaged_is_read_from_its_copy_or_refused(void **state)
{
	struct place *p = *state;
	cleanup_folder struct folder folder;
	struct error e;

	assert_int_equal(make(p, &folder, "%u", &e), 0);
	assert_int_equal(manifest_set(&folder.record, "restart", "%d", 3), 0);
	assert_int_equal(folder_save(&folder, &e), 0);
	flip_bit(folder.fd, FOLDER_RECORD, 35);
	assert_int_equal(folder_load(&folder, &e), 0);
	assert_string_equal(manifest_get(&folder.record, "restart"), "3");
	flip_bit(folder.fd, FOLDER_RECORD_COPY, 35);
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
	assert_int_equal(manifest_set(&folder.record, RECORD_JOB, "7"), 0);
	assert_int_equal(manifest_set(&folder.record, RECORD_USER, "u"), 0);
	assert_int_equal(folder_save(&folder, &e), 0);
	assert_int_equal(mkdirat(folder.fd, "1", 0700), 0);
	put_file(folder.fd, "1/manifest", "x");
	assert_int_equal(folder_remove(&folder, "u", 7, &e), 0);
	assert_false(exists(p->fd, "u/c/7"));
	assert_true(exists(p->fd, "u/c"));
	assert_int_equal(folder_remove(&folder, "u", 7, &e), 0);
}

/* Whatever its name is. */
static void a_folder_whose_record_is_of_another_is_not_removed(void **state)
{
	static const struct {
		const char *user, *job;
	} cases[] = { { NULL, NULL }, { "u", NULL }, { NULL, "7" }, { "u", "8" },
		      { "v", "7" },   { "", "" },    { "u", "7 " } };
	struct place *p = *state;
	struct error e;

	for (size_t i = 0; i < LENGTH(cases); i++) {
		cleanup_folder struct folder folder;

		assert_int_equal(make(p, &folder, "%u", &e), 0);
		manifest_free(&folder.record);
		if (cases[i].user)
			manifest_set(&folder.record, RECORD_USER, "%s", cases[i].user);
		if (cases[i].job)
			manifest_set(&folder.record, RECORD_JOB, "%s", cases[i].job);
		assert_int_equal(folder_save(&folder, &e), 0);
		assert_int_equal(folder_remove(&folder, "u", 7, &e), -1);
		assert_says(&e, "does not name job 7 and user u");
		assert_true(exists(p->fd, "u/c/7/" FOLDER_RECORD));
	}
}

static void all_but_the_record_and_the_events_is_stripped(void **state)
{
	static const char *const files[] = { FOLDER_SCRIPT,	  FOLDER_OPTIONS,
					     FOLDER_ENVIRONMENT,  "1/manifest",
					     "2.tmp/pages-1.img", FOLDER_TMP "/x/y" };
	static const char *const dirs[] = { "1", "2.tmp", FOLDER_TMP, FOLDER_TMP "/x" };
	struct place *p = *state;
	cleanup_folder struct folder folder;
	struct error e;

	make_folder(p, 7, &folder);
	for (int twice = 0; twice < 2; twice++) {
		assert_int_equal(manifest_set(&folder.record, "restart", "3"), 0);
		assert_int_equal(folder_save(&folder, &e), 0);
		put_file(folder.fd, FOLDER_EVENTS, "events");
		for (size_t i = 0; i < LENGTH(dirs) && !twice; i++)
			assert_int_equal(mkdirat(folder.fd, dirs[i], 0700), 0);
		for (size_t i = 0; i < LENGTH(files) && !twice; i++)
			put_file(folder.fd, files[i], "x");
		if (folder_strip(&folder, &e) < 0)
			fail_msg("%s", e.text);
		for (size_t i = 0; i < LENGTH(files); i++)
			assert_false(exists(folder.fd, files[i]));
		for (size_t i = 0; i < LENGTH(dirs); i++)
			assert_false(exists(folder.fd, dirs[i]));
		assert_content(folder.fd, FOLDER_EVENTS, "events");
		assert_int_equal(folder_load(&folder, &e), 0);
		assert_string_equal(manifest_get(&folder.record, "restart"), "3");
	}
}

static void stripping_follows_no_link(void **state)
{
	struct place *p = *state;
	cleanup_folder struct folder folder;
	struct error e;

	make_folder(p, 7, &folder);
	assert_int_equal(mkdirat(p->fd, "elsewhere", 0700), 0);
	put_file(p->fd, "elsewhere/file", "kept");
	assert_int_equal(symlinkat(place_path(p, "elsewhere"), folder.fd, "1"), 0);
	assert_int_equal(folder_strip(&folder, &e), 0);
	assert_false(exists(folder.fd, "1"));
	assert_content(p->fd, "elsewhere/file", "kept");
}

/* ---- going on as another job ---- */

/* The folder of a job, with that in it. */
static void make_with(struct place *p, unsigned int job, const char *content)
{
	cleanup_folder struct folder folder;

	make_folder(p, job, &folder);
	put_file(folder.fd, FOLDER_SCRIPT, content);
}

static int adopt(struct place *p, unsigned int from, unsigned int job, struct error *e)
{
	return folder_adopt(p->path, "u", "c", from, job, e);
}

static void must_adopt(struct place *p, unsigned int from, unsigned int job)
{
	struct error e;

	if (adopt(p, from, job, &e) < 0)
		fail_msg("%u as %u: %s", from, job, e.text);
}

static void assert_link(struct place *p, const char *name, const char *target)
{
	char got[256] = "";

	assert_true(S_ISLNK(stat_of(p->fd, name).st_mode));
	assert_true(readlinkat(p->fd, name, got, sizeof(got) - 1) > 0);
	assert_string_equal(got, target);
}

static void a_folder_becomes_the_other_jobs_and_is_found_by_its_old_path(void **state)
{
	struct place *p = *state;

	make_with(p, 7, "seven");
	/* once more after each requeue */
	for (int i = 0; i < 3; i++) {
		must_adopt(p, 7, 8);
		assert_true(S_ISDIR(stat_of(p->fd, "c/8").st_mode));
		assert_link(p, "c/7", "8");
		assert_content(p->fd, "c/8/" FOLDER_SCRIPT, "seven");
		assert_content(p->fd, "c/7/" FOLDER_SCRIPT, "seven");
	}
}

static void a_job_may_go_on_as_another_time_and_again(void **state)
{
	struct place *p = *state;

	make_with(p, 7, "seven");
	must_adopt(p, 7, 8);
	must_adopt(p, 8, 12);
	must_adopt(p, 8, 12);
	assert_link(p, "c/8", "12");
	assert_content(p->fd, "c/7/" FOLDER_SCRIPT, "seven");
	assert_content(p->fd, "c/12/" FOLDER_SCRIPT, "seven");
}

/* Where each job has a directory of its own. */
static void a_folder_is_adopted_into_a_directory_that_has_the_jobs_number(void **state)
{
	struct place *p = *state;
	const char *pattern = place_path(p, "for/%j");
	cleanup_folder struct folder folder;
	struct error e;

	assert_int_equal(mkdirat(p->fd, "for", 0755), 0);
	if (make(p, &folder, "for/%j", &e) < 0)
		fail_msg("%s", e.text);
	put_file(folder.fd, FOLDER_SCRIPT, "seven");
	for (int i = 0; i < 2; i++) {
		assert_int_equal(folder_adopt(pattern, "u", "c", 7, 8, &e), 0);
		assert_true(S_ISDIR(stat_of(p->fd, "for/8/c/8").st_mode));
		assert_link(p, "for/7/c/7", place_path(p, "for/8/c/8"));
		assert_content(p->fd, "for/7/c/7/" FOLDER_SCRIPT, "seven");
	}
	assert_int_equal(folder_adopt(pattern, "u", "c", 9, 8, &e), -1);
	assert_says(&e, "job 9 has no checkpoints in ");
}

static void what_is_not_there_is_not_adopted(void **state)
{
	struct place *p = *state;
	struct error e;

	assert_int_equal(adopt(p, 7, 8, &e), -1);
	assert_says(&e, "job 7 has no checkpoints in ");
	make_with(p, 8, "eight");
	assert_int_equal(adopt(p, 7, 8, &e), -1);
	assert_says(&e, "job 7 has no checkpoints in ");
	assert_false(exists(p->fd, "c/7"));
	assert_content(p->fd, "c/8/" FOLDER_SCRIPT, "eight");
}

static void only_an_empty_folder_is_replaced_by_an_adopted_one(void **state)
{
	struct place *p = *state;
	cleanup_folder struct folder folder;
	struct error e;

	make_with(p, 7, "seven");
	make_with(p, 8, "eight");
	make_folder(p, 9, &folder);
	assert_int_equal(adopt(p, 7, 8, &e), -1);
	assert_says(&e, "c/8: Directory not empty");
	assert_content(p->fd, "c/7/" FOLDER_SCRIPT, "seven");
	assert_content(p->fd, "c/8/" FOLDER_SCRIPT, "eight");
	must_adopt(p, 7, 9);
	assert_content(p->fd, "c/9/" FOLDER_SCRIPT, "seven");
}

/* Whatever stands in the folder of the one that comes too late. */
static void what_goes_on_as_one_job_does_not_as_another(void **state)
{
	struct place *p = *state;
	cleanup_folder struct folder folder;
	struct error e = { .text = "" };

	make_with(p, 7, "seven");
	must_adopt(p, 7, 8);
	make_folder(p, 10, &folder);
	make_with(p, 11, "eleven");
	for (unsigned int late = 9; late <= 11; late++) {
		assert_int_equal(adopt(p, 7, late, &e), -1);
		assert_says(&e, "job 7 continues already, as another job");
	}
	assert_link(p, "c/7", "8");
	assert_false(exists(p->fd, "c/9"));
	assert_content(p->fd, "c/11/" FOLDER_SCRIPT, "eleven");
}

static void neither_a_file_nor_a_link_of_the_users_is_adopted(void **state)
{
	struct place *p = *state;
	struct error e;

	make_with(p, 8, "eight");
	assert_int_equal(mkdirat(p->fd, "elsewhere", 0700), 0);
	assert_int_equal(symlinkat(place_path(p, "elsewhere"), p->fd, "c/7"), 0);
	assert_int_equal(adopt(p, 7, 8, &e), -1);
	assert_int_equal(adopt(p, 7, 9, &e), -1);
	assert_false(exists(p->fd, "c/9"));
	put_file(p->fd, "c/5", "");
	assert_int_equal(adopt(p, 5, 8, &e), -1);
	assert_int_equal(adopt(p, 5, 9, &e), -1);
	assert_true(S_ISREG(stat_of(p->fd, "c/5").st_mode));
}

/* ---- listing ---- */

static void assert_jobs(struct place *p, const char *pattern, const char *want)
{
	cleanup_free char *got = strdup("");
	cleanup_free unsigned int *jobs = NULL;
	struct error e;
	size_t count;

	if (folder_list(place_path(p, pattern), "u", "c", &jobs, &count, &e) < 0)
		fail_msg("%s", e.text);
	for (size_t i = 0; i < count; i++) {
		char *longer = str_printf("%s%s%u", got, i ? " " : "", jobs[i]);

		free(got);
		got = longer;
	}
	assert_string_equal(got, want);
}

static void jobs_are_listed_in_order_and_each_by_its_last_number(void **state)
{
	static const unsigned int numbers[] = { 100, 7, 23, 4294967295, 8 };
	static const char *const others[] = { "7.1",	    ".7",   "x",    "7x", "-7",
					      "4294967296", "0100", "0042", "0" };
	struct place *p = *state;

	assert_jobs(p, "", "");
	assert_jobs(p, "%u", "");
	for (size_t i = 0; i < LENGTH(numbers); i++)
		make_with(p, numbers[i], "x");
	for (size_t i = 0; i < LENGTH(others); i++) {
		cleanup_free char *name = str_printf("c/%s", others[i]);

		assert_int_equal(mkdirat(p->fd, name, 0700), 0);
	}
	put_file(p->fd, "c/55", "");
	must_adopt(p, 7, 9);
	assert_jobs(p, "", "8 9 23 100 4294967295");
}

static void a_pattern_with_a_directory_for_each_job_has_no_list(void **state)
{
	struct place *p = *state;
	unsigned int *jobs;
	struct error e;
	size_t count;

	assert_int_equal(folder_list(place_path(p, "%j"), "u", "c", &jobs, &count, &e),
			 -1);
	assert_says(&e, "has a directory for each job; name the job");
	assert_null(jobs);
	assert_int_equal(count, 0);
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
		in_place(a_record_that_is_damaged_is_read_from_its_copy_or_refused),
		in_place(what_a_former_job_left_is_set_aside_and_kept),
		in_place(it_is_kept_on_a_file_system_without_noreplace_too),
		in_place(a_folder_that_cannot_be_set_aside_stays),
		in_place(a_folder_is_removed_with_all_in_it),
		in_place(a_folder_whose_record_is_of_another_is_not_removed),
		in_place(all_but_the_record_and_the_events_is_stripped),
		in_place(stripping_follows_no_link),
		in_place(a_folder_becomes_the_other_jobs_and_is_found_by_its_old_path),
		in_place(a_job_may_go_on_as_another_time_and_again),
		in_place(a_folder_is_adopted_into_a_directory_that_has_the_jobs_number),
		in_place(what_is_not_there_is_not_adopted),
		in_place(only_an_empty_folder_is_replaced_by_an_adopted_one),
		in_place(what_goes_on_as_one_job_does_not_as_another),
		in_place(neither_a_file_nor_a_link_of_the_users_is_adopted),
		in_place(jobs_are_listed_in_order_and_each_by_its_last_number),
		in_place(a_pattern_with_a_directory_for_each_job_has_no_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
