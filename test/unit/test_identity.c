// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "base/identity.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "testing.h"

#define USER	"nobody"
#define UNKNOWN "nobody-is-called-so"

static void root_can_do_what_the_user_can_and_no_more(void **state)
{
	struct place *p = *state;
	const struct passwd *pw;
	struct error e;

	needs_root();
	pw = getpwnam(USER);
	assert_non_null(pw);
	put_file(p->fd, "file", "root's");
	assert_int_equal(fchmod(p->fd, 0755), 0);
	assert_int_equal(identity_become(USER, &e), 0);
	assert_int_equal(geteuid(), pw->pw_uid);
	assert_int_equal(getegid(), pw->pw_gid);
	assert_int_equal(openat(p->fd, "file", O_RDONLY | O_CLOEXEC), -1);
	assert_int_equal(mkdirat(p->fd, "dir", 0700), -1);
	identity_back();
	assert_int_equal(geteuid(), 0);
	assert_int_equal(getegid(), 0);
	assert_content(p->fd, "file", "root's");
}

static void none_of_roots_groups_stays(void **state)
{
	static const gid_t groups[] = { 0, SOMEBODY, SOMEBODY_ELSE };
	struct place *p = *state;
	struct error e;

	needs_root();
	assert_int_equal(setgroups(LENGTH(groups), groups), 0);
	for (size_t i = 0; i < LENGTH(groups); i++) {
		put_file(p->fd, "file", "");
		assert_int_equal(fchownat(p->fd, "file", 0, groups[i], 0), 0);
		assert_int_equal(fchmodat(p->fd, "file", 0640, 0), 0);
		assert_int_equal(fchmod(p->fd, 0755), 0);
		assert_int_equal(identity_become(USER, &e), 0);
		assert_int_equal(openat(p->fd, "file", O_RDONLY | O_CLOEXEC), -1);
		identity_back();
	}
}

static void one_may_be_one_user_after_the_other(void **state)
{
	static const char *const users[] = { "daemon", USER, "bin", "root", USER };

	needs_root();
	for (size_t i = 0; i < LENGTH(users); i++) {
		const struct passwd *pw = getpwnam(users[i]);
		struct error e;

		assert_non_null(pw);
		assert_int_equal(identity_become(users[i], &e), 0);
		assert_int_equal(geteuid(), pw->pw_uid);
		identity_back();
		assert_int_equal(geteuid(), 0);
	}
}

static void nobody_becomes_a_user_who_is_not_known(void **state)
{
	struct error e;

	needs_root();
	assert_int_equal(identity_become(UNKNOWN, &e), -1);
	assert_string_equal(e.text, "user " UNKNOWN " is not known here");
	assert_int_equal(geteuid(), 0);
	assert_int_equal(getegid(), 0);
}

/* Acting as oneself is all that a user can do. */
static int try_as_user(void)
{
	struct error e;
	uid_t user;

	if (geteuid() == 0 && setuid(SOMEBODY) < 0)
		return 1;
	user = geteuid();
	if (identity_become("root", &e) < 0 || identity_become(UNKNOWN, &e) < 0)
		return 2;
	if (geteuid() != user)
		return 3;
	identity_back();
	return geteuid() == user && getuid() == user ? 0 : 4;
}

static void a_user_stays_who_that_is(void **state)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(try_as_user());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(root_can_do_what_the_user_can_and_no_more),
		in_place(none_of_roots_groups_stays),
		cmocka_unit_test(one_may_be_one_user_after_the_other),
		cmocka_unit_test(nobody_becomes_a_user_who_is_not_known),
		cmocka_unit_test(a_user_stays_who_that_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
