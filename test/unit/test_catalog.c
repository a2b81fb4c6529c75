// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "store/catalog.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "testing.h"

/* Users whom every system knows; and a name that is nobody's. */
#define ONE	"daemon"
#define ANOTHER "nobody"
#define UNKNOWN "nobody-is-called-so"

static uid_t uid_of(const char *user)
{
	const struct passwd *pw = getpwnam(user);

	return pw ? pw->pw_uid : SOMEBODY;
}

static bool is_root(void)
{
	return getuid() == 0;
}

/* A place below which each user may make a directory. */
static void open_to_all(struct place *p)
{
	assert_int_equal(fchmod(p->fd, 0755), 0);
	assert_int_equal(mkdirat(p->fd, "x", 0700), 0);
	assert_int_equal(fchmodat(p->fd, "x", 01777, 0), 0);
}

/* The user, or whoever runs the test instead, has a job with a record. */
static void put_job(struct place *p, const char *pattern, const char *user,
		    unsigned int job)
{
	cleanup_folder struct folder folder;
	struct error e;

	if (is_root())
		become(uid_of(user));
	if (folder_make(&folder, place_path(p, pattern), user, "c", job, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(manifest_set(&folder.record, RECORD_JOB, "%u", job), 0);
	assert_int_equal(folder_save(&folder, &e), 0);
	if (is_root())
		become(0);
}

/* ---- what is visited ---- */

struct visited {
	char *names[32]; /* "user:job", and "user:job?" where there is no record */
	size_t count;
	const char *ends_at; /* job at which to fail, or NULL */
	int with_errno;
	bool as_user;
	size_t failed; /* users */
};

static int visit(void *arg, const char *user, unsigned int job, struct folder *folder,
		 struct error *e)
{
	struct visited *v = arg;
	const char *record = manifest_get(&folder->record, RECORD_JOB);
	char *name = str_printf("%s:%u%s", user, job, record ? "" : "?");

	assert_true(folder->fd >= 0);
	assert_true(v->count < LENGTH(v->names));
	assert_true(!record || (unsigned int)atoi(record) == job);
	v->as_user = geteuid() == uid_of(user);
	v->names[v->count++] = name;
	if (!v->ends_at || strcmp(v->ends_at, name) != 0)
		return 0;
	error_set(e, "told to fail");
	errno = v->with_errno;
	return -1;
}

static void note_failure(void *arg, const char *user, const struct error *e)
{
	struct visited *v = arg;

	assert_true(*user && *e->text);
	v->failed++;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Just these were visited, in this order. */
static void assert_visited(struct visited *v, const char *want)
{
	cleanup_free char *got = strdup("");

	for (size_t i = 0; i < v->count; i++) {
		char *longer = str_printf("%s%s%s", got, i ? " " : "", v->names[i]);

		free(got);
		free(v->names[i]);
		got = longer;
	}
	assert_string_equal(got, want);
	*v = (struct visited){ 0 };
}

static void walk(struct place *p, const char *pattern, const char *user,
		 struct visited *v)
{
	struct error e = { .text = "" };

	if (catalog_each(place_path(p, pattern), user, "c", visit, note_failure, v, &e) <
	    0)
		fail_msg("%s: %s", pattern, e.text);
	assert_int_equal(geteuid(), getuid());
	/* users come in no order */
	if (!user && v->count)
		qsort(v->names, v->count, sizeof(v->names[0]), by_name);
}

/* ---- tests ---- */

static void the_folders_of_a_user_are_visited_in_order(void **state)
{
	static const unsigned int jobs[] = { 100, 7, 4294967295, 23 };
	struct place *p = *state;
	struct visited v = { 0 };

	open_to_all(p);
	walk(p, "x/%u", ONE, &v);
	assert_visited(&v, "");
	for (size_t i = 0; i < LENGTH(jobs); i++)
		put_job(p, "x/%u", ONE, jobs[i]);
	put_job(p, "x/%u", ANOTHER, 5);
	walk(p, "x/%u", ONE, &v);
	assert_visited(&v, ONE ":7 " ONE ":23 " ONE ":100 " ONE ":4294967295");
}

static void all_users_with_a_directory_are_found(void **state)
{
	static const char *const patterns[] = { "x/%u", "x/u-%u-y", "x/%u/z",
						"x/u-%u-y/z/z", "x/.%u" };
	struct place *p = *state;

	open_to_all(p);
	for (size_t i = 0; i < LENGTH(patterns); i++) {
		struct visited v = { 0 };

		put_job(p, patterns[i], ONE, 10);
		put_job(p, patterns[i], ONE, 9);
		put_job(p, patterns[i], ANOTHER, 11);
		walk(p, patterns[i], NULL, &v);
		assert_visited(&v, ONE ":10 " ONE ":9 " ANOTHER ":11");
	}
}

static void what_is_no_users_directory_is_passed_over(void **state)
{
	static const char *const names[] = { "x/u--y",	    "x/u-" ONE, "x/" ONE "-y",
					     "x/" ONE,	    "x/u-y",	"x/u-" ONE "-y-y",
					     "x/-" ONE "-y" };
	struct place *p = *state;
	struct visited v = { 0 };

	open_to_all(p);
	put_job(p, "x/u-%u-y", ONE, 1);
	put_job(p, "x/u-%u-y", UNKNOWN, 2);
	for (size_t i = 0; i < LENGTH(names); i++) {
		cleanup_free char *folder = str_printf("%s/c", names[i]);

		assert_int_equal(mkdirat(p->fd, names[i], 0755), 0);
		assert_int_equal(mkdirat(p->fd, folder, 0755), 0);
	}
	walk(p, "x/u-%u-y", NULL, &v);
	assert_visited(&v, ONE ":1");
}

static void a_damaged_record_is_empty_and_hides_no_other(void **state)
{
	struct place *p = *state;
	struct visited v = { 0 };

	open_to_all(p);
	for (unsigned int job = 1; job <= 5; job++)
		put_job(p, "x/%u", ONE, job);
	flip_bit(p->fd, "x/" ONE "/c/2/" FOLDER_RECORD, 35);
	flip_bit(p->fd, "x/" ONE "/c/2/" FOLDER_RECORD_COPY, 35);
	assert_int_equal(unlinkat(p->fd, "x/" ONE "/c/4/" FOLDER_RECORD, 0), 0);
	walk(p, "x/%u", ONE, &v);
	assert_visited(&v, ONE ":1 " ONE ":2? " ONE ":3 " ONE ":4? " ONE ":5");
	walk(p, "x/%u", NULL, &v);
	assert_visited(&v, ONE ":1 " ONE ":2? " ONE ":3 " ONE ":4? " ONE ":5");
}

/* Whatever users put in the place of their own. */
static void what_is_no_directory_hides_no_other_users(void **state)
{
	static const char *const targets[] = { NULL, "/dev/null", ONE, "missing",
					       "/root" };
	struct place *p = *state;

	open_to_all(p);
	put_job(p, "x/%u", ANOTHER, 1);
	for (size_t i = 0; i < LENGTH(targets); i++) {
		struct visited v = { 0 };

		if (targets[i])
			assert_int_equal(symlinkat(targets[i], p->fd, "x/" ONE), 0);
		else
			put_file(p->fd, "x/" ONE, "a file");
		walk(p, "x/%u", NULL, &v);
		assert_visited(&v, ANOTHER ":1");
		assert_int_equal(unlinkat(p->fd, "x/" ONE, 0), 0);
	}
}

static void what_is_no_folder_hides_no_other(void **state)
{
	struct place *p = *state;
	struct visited v = { 0 };

	open_to_all(p);
	put_job(p, "x/%u", ONE, 1);
	put_job(p, "x/%u", ONE, 9);
	put_file(p->fd, "x/" ONE "/c/2", "a file");
	assert_int_equal(mkfifoat(p->fd, "x/" ONE "/c/3", 0600), 0);
	assert_int_equal(symlinkat("9", p->fd, "x/" ONE "/c/4"), 0);
	assert_int_equal(mkdirat(p->fd, "x/" ONE "/c/1.1", 0700), 0);
	walk(p, "x/%u", ONE, &v);
	assert_visited(&v, ONE ":1 " ONE ":9");
}

/* Whatever the reason, and whatever errno happens to be. */
static void a_visit_that_fails_ends_the_walk(void **state)
{
	static const int errors[] = { 0, ENOENT, EACCES, EPERM };
	static const char *const users[] = { ONE, NULL };
	struct place *p = *state;

	open_to_all(p);
	for (unsigned int job = 1; job <= 3; job++)
		put_job(p, "x/%u", ONE, job);
	for (size_t u = 0; u < LENGTH(users); u++) {
		for (size_t i = 0; i < LENGTH(errors); i++) {
			struct visited v = { .ends_at = ONE ":2",
					     .with_errno = errors[i] };
			struct error e = { .text = "" };

			assert_int_equal(catalog_each(place_path(p, "x/%u"), users[u],
						      "c", visit, note_failure, &v, &e),
					 -1);
			assert_string_equal(e.text, "told to fail");
			assert_int_equal(geteuid(), getuid());
			assert_visited(&v, ONE ":1 " ONE ":2");
		}
	}
}

static void a_pattern_that_names_no_list_of_folders_is_refused(void **state)
{
	static const struct {
		const char *pattern, *user, *why;
	} cases[] = {
		{ "x", NULL, "has no %u, so it is one user's; name the user" },
		{ "x/%j", ONE, "has a directory for each job; name the job" },
		{ "x/%u/%j", ONE, "has a directory for each job; name the job" },
		{ "x/%u/%j", NULL, "has a directory for each job; name the job" },
		{ "missing/%u", NULL, "missing: No such file" },
	};
	struct place *p = *state;

	open_to_all(p);
	put_job(p, "x/%u", ONE, 1);
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct visited v = { 0 };
		struct error e = { .text = "" };

		errno = EACCES; /* of something that was before */
		assert_int_equal(catalog_each(place_path(p, cases[i].pattern),
					      cases[i].user, "c", visit, note_failure, &v,
					      &e),
				 -1);
		assert_says(&e, cases[i].why);
		assert_visited(&v, "");
	}
}

/* ---- root's ---- */

static void root_acts_as_the_user_meanwhile(void **state)
{
	struct place *p = *state;
	struct visited v = { 0 };

	needs_root();
	open_to_all(p);
	put_job(p, "x/%u", ONE, 1);
	walk(p, "x/%u", ONE, &v);
	assert_true(v.as_user);
	assert_visited(&v, ONE ":1");
	walk(p, "x/%u", NULL, &v);
	assert_true(v.as_user);
	assert_visited(&v, ONE ":1");
}

/* Planted for an administrator to walk into. */
static void what_the_user_cannot_read_root_does_not_show(void **state)
{
	struct place *p = *state;
	struct visited v = { 0 };
	struct error e;

	needs_root();
	open_to_all(p);
	put_job(p, "x/%u", ANOTHER, 1);
	assert_int_equal(symlinkat(ANOTHER, p->fd, "x/" ONE), 0);
	walk(p, "x/%u", NULL, &v);
	assert_visited(&v, ANOTHER ":1");
	assert_int_equal(catalog_each(place_path(p, "x/%u"), ONE, "c", visit,
				      note_failure, &v, &e),
			 -1);
	assert_says(&e, "x/" ONE ": Not a directory");
	assert_visited(&v, "");
}

static void root_asks_for_no_user_that_is_not_known(void **state)
{
	struct place *p = *state;
	struct visited v = { 0 };
	struct error e;

	needs_root();
	open_to_all(p);
	assert_int_equal(catalog_each(place_path(p, "x/%u"), UNKNOWN, "c", visit,
				      note_failure, &v, &e),
			 -1);
	assert_says(&e, "user " UNKNOWN " is not known here");
	assert_int_equal(geteuid(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(the_folders_of_a_user_are_visited_in_order),
		in_place(all_users_with_a_directory_are_found),
		in_place(what_is_no_users_directory_is_passed_over),
		in_place(a_damaged_record_is_empty_and_hides_no_other),
		in_place(what_is_no_directory_hides_no_other_users),
		in_place(what_is_no_folder_hides_no_other),
		in_place(a_visit_that_fails_ends_the_walk),
		in_place(a_pattern_that_names_no_list_of_folders_is_refused),
		in_place(root_acts_as_the_user_meanwhile),
		in_place(what_the_user_cannot_read_root_does_not_show),
		in_place(root_asks_for_no_user_that_is_not_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
