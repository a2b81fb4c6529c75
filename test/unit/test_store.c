// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "testing.h"

/* The store of user "u", who is not known, and so is whoever runs the test. */
static int open_store(struct place *p, const char *pattern, enum store_use use,
		      struct error *e)
{
	struct store store;
	int rc = store_open(&store, place_path(p, pattern), "u", "c", 7, use, e);
	int error = errno;

	assert_int_equal(store.fd >= 0, rc == 0);
	store_close(&store);
	errno = error;
	return rc;
}

static void make_dir(struct place *p, const char *name, uid_t owner, mode_t mode)
{
	assert_int_equal(mkdirat(p->fd, name, 0700), 0);
	assert_int_equal(fchownat(p->fd, name, owner, owner, 0), 0);
	assert_int_equal(fchmodat(p->fd, name, mode, 0), 0);
}

/* ---- the fixed part ---- */

static void what_others_could_exchange_is_refused_wherever_it_stands(void **state)
{
	static const struct {
		const char *path;
		uid_t owner;
		mode_t mode;
		const char *why; /* NULL: it is taken */
	} cases[] = {
		{ "roots", 0, 0755, NULL },
		{ "sticky", 0, 01777, NULL },
		{ "group", 0, 0775, NULL }, /* group root */
		{ "users", SOMEBODY, 0700, NULL },
		{ "open", 0, 0777, "can be written by other users" },
		{ "users-open", SOMEBODY, 0777, "can be written by other users" },
		{ "users-sticky", SOMEBODY, 01777, "can be written by other users" },
		{ "users-group", SOMEBODY, 0770, "can be written by other users" },
		{ "others", SOMEBODY_ELSE, 0755, "belongs to user 54322" },
		{ "others-sticky", SOMEBODY_ELSE, 01777, "belongs to user 54322" },
	};
	struct place *p = *state;

	needs_root();
	assert_int_equal(fchmod(p->fd, 0755), 0);
	for (size_t i = 0; i < LENGTH(cases); i++) {
		char below[64], pattern[3][80];
		struct error e = { .text = "" };

		snprintf(below, sizeof(below), "%s/below", cases[i].path);
		make_dir(p, cases[i].path, cases[i].owner, cases[i].mode);
		make_dir(p, below, SOMEBODY, 0700);
		snprintf(pattern[0], sizeof(pattern[0]), "%s", below);
		snprintf(pattern[1], sizeof(pattern[1]), "%s/%%u", below);
		snprintf(pattern[2], sizeof(pattern[2]), "%s/../%s/below/%%u",
			 cases[i].path, cases[i].path);
		become(SOMEBODY);
		for (size_t n = 0; n < LENGTH(pattern); n++) {
			int rc = open_store(p, pattern[n], STORE_MAKE, &e);
			int error = errno;

			if (rc != (cases[i].why ? -1 : 0))
				fail_msg("%s: %s", pattern[n], e.text);
			if (!cases[i].why)
				continue;
			assert_int_equal(error, EPERM);
			assert_says(&e, cases[i].why);
			assert_says(&e, cases[i].path);
			assert_int_equal(store_judge(place_path(p, pattern[n]), "u", &e),
					 -1);
			assert_says(&e, cases[i].why);
		}
		become(0);
	}
}

static void a_link_of_roots_or_the_users_is_followed_in_the_fixed_part_alone(void **state)
{
	static const struct {
		uid_t owner;
		const char *pattern, *why;
	} cases[] = {
		{ 0, "link/%u", NULL },
		{ 0, "link", NULL },
		{ SOMEBODY, "link/%u", NULL },
		{ SOMEBODY_ELSE, "link/%u", "belongs to user 54322" },
		{ SOMEBODY_ELSE, "link", "belongs to user 54322" },
		{ SOMEBODY, "l%%ink", "Not a directory" },
	};
	struct place *p = *state;

	needs_root();
	assert_int_equal(fchmod(p->fd, 0755), 0);
	make_dir(p, "there", SOMEBODY, 0700);
	assert_int_equal(symlinkat("there", p->fd, "l%ink"), 0);
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct error e = { .text = "" };

		assert_int_equal(symlinkat(i % 2 ? "there" : place_path(p, "there"),
					   p->fd, "link"),
				 0);
		assert_int_equal(fchownat(p->fd, "link", cases[i].owner, (gid_t)-1,
					  AT_SYMLINK_NOFOLLOW),
				 0);
		become(SOMEBODY);
		if (open_store(p, cases[i].pattern, STORE_MAKE, &e) !=
		    (cases[i].why ? -1 : 0))
			fail_msg("%zu: %s", i, e.text);
		if (cases[i].why)
			assert_says(&e, cases[i].why);
		become(0);
		assert_int_equal(unlinkat(p->fd, "link", 0), 0);
	}
}

static void a_ring_of_links_comes_to_an_end(void **state)
{
	struct place *p = *state;
	struct error e;

	assert_int_equal(symlinkat("b", p->fd, "a"), 0);
	assert_int_equal(symlinkat("a", p->fd, "b"), 0);
	assert_int_equal(open_store(p, "a/%u", STORE_READ, &e), -1);
	assert_int_equal(errno, ELOOP);
}

/* ---- the rest ---- */

static void nothing_is_made_for_those_who_read(void **state)
{
	struct place *p = *state;
	struct error e;

	assert_int_equal(open_store(p, "%u", STORE_READ, &e), -1);
	assert_int_equal(errno, ENOENT);
	assert_false(exists(p->fd, "u"));
	assert_int_equal(store_judge(place_path(p, "%u"), "u", &e), 0);
	assert_false(exists(p->fd, "u"));
	assert_int_equal(store_judge(place_path(p, "missing/%u"), "u", &e), -1);
	assert_says(&e, "missing, where the checkpoints are to be, does not exist");
}

static void no_way_leads_back_up(void **state)
{
	struct place *p = *state;
	struct error e;

	assert_int_equal(mkdirat(p->fd, "u", 0700), 0);
	assert_int_equal(open_store(p, "%u/../x", STORE_MAKE, &e), -1);
	assert_false(exists(p->fd, "x"));
	assert_int_equal(open_store(p, "%u/./x", STORE_MAKE, &e), 0);
}

static void a_strangers_directory_is_named_with_its_owner_and_what_to_do(void **state)
{
	struct place *p = *state;
	struct error e;

	needs_root();
	assert_int_equal(fchmod(p->fd, 01777), 0);
	make_dir(p, "u", SOMEBODY_ELSE, 0755);
	become(SOMEBODY);
	assert_int_equal(open_store(p, "%u", STORE_READ, &e), -1);
	assert_int_equal(errno, EPERM);
	assert_says(&e, place_path(p, "u belongs to user 54322, and not to user 54321"));
	assert_says(&e, "an administrator has to remove it");
	become(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(what_others_could_exchange_is_refused_wherever_it_stands),
		in_place(
			a_link_of_roots_or_the_users_is_followed_in_the_fixed_part_alone),
		in_place(a_ring_of_links_comes_to_an_end),
		in_place(nothing_is_made_for_those_who_read),
		in_place(no_way_leads_back_up),
		in_place(a_strangers_directory_is_named_with_its_owner_and_what_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
