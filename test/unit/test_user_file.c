// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "store/user_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "testing.h"

static char *read_file(struct place *p, enum user_file kind, struct error *e)
{
	size_t size = 0;

	return user_file_read(p->fd, "f", kind, &size, e);
}

static void every_kind_has_limits_and_a_reason(void **state)
{
	(void)state;
	for (int i = 0; i < USER_FILES; i++) {
		assert_true(user_file_limits[i].bytes > 0);
		assert_true(user_file_limits[i].in_all >= user_file_limits[i].bytes);
		assert_true(user_file_limits[i].reason && *user_file_limits[i].reason);
	}
}

static void what_is_no_regular_file_is_refused_and_not_waited_for(void **state)
{
	struct place *p = *state;
	struct error e = { .text = "" };

	assert_null(read_file(p, USER_FILE_RECORD, &e));
	assert_int_equal(errno, ENOENT);
	assert_int_equal(mkfifoat(p->fd, "f", 0600), 0);
	assert_null(read_file(p, USER_FILE_RECORD, &e));
	assert_says(&e, "f: is not a regular file");
	assert_int_equal(unlinkat(p->fd, "f", 0), 0);
	assert_int_equal(symlinkat("/dev/zero", p->fd, "f"), 0);
	assert_null(read_file(p, USER_FILE_RECORD, &e));
	assert_int_equal(unlinkat(p->fd, "f", 0), 0);
	assert_int_equal(mkdirat(p->fd, "f", 0700), 0);
	assert_null(read_file(p, USER_FILE_RECORD, &e));
	assert_int_not_equal(errno, ENOENT);
}

static void what_is_too_large_is_left_unread(void **state)
{
	struct place *p = *state;
	struct error e = { .text = "" };
	cleanup_free char *text = NULL;

	put_file(p->fd, "f", "");
	assert_int_equal(truncate(place_path(p, "f"), 1 << 20), 0);
	text = read_file(p, USER_FILE_RECORD, &e);
	assert_non_null(text);
	assert_int_equal(truncate(place_path(p, "f"), (1 << 20) + 1), 0);
	assert_null(read_file(p, USER_FILE_RECORD, &e));
	assert_int_equal(errno, EFBIG);
	assert_says(&e, "more than 1024 KiB are left unread");
}

static void a_file_of_another_than_the_directorys_owner_is_refused(void **state)
{
	struct place *p = *state;
	struct error e = { .text = "" };

	needs_root();
	put_file(p->fd, "f", "x");
	assert_int_equal(fchownat(p->fd, "f", SOMEBODY, (gid_t)-1, 0), 0);
	assert_null(read_file(p, USER_FILE_EVENTS, &e));
	assert_says(&e, "does not belong to the owner of its directory");
}

/* However many names a file has. */
static void root_reads_so_much_of_one_user_and_of_each(void **state)
{
	struct place *p = *state;
	struct error e = { .text = "" };
	size_t read = 0;

	needs_root();
	assert_int_equal(fchown(p->fd, SOMEBODY, (gid_t)-1), 0);
	put_file(p->fd, "f", "");
	assert_int_equal(fchownat(p->fd, "f", SOMEBODY, (gid_t)-1, 0), 0);
	assert_int_equal(truncate(place_path(p, "f"), 1 << 20), 0);
	for (; read < 2000; read++) {
		cleanup_free char *text = read_file(p, USER_FILE_LOG, &e);

		if (!text)
			break;
	}
	assert_int_equal(read, 1024);
	assert_says(&e, "root reads no more than 1024 MiB");
	assert_int_equal(fchown(p->fd, SOMEBODY_ELSE, (gid_t)-1), 0);
	assert_int_equal(fchownat(p->fd, "f", SOMEBODY_ELSE, (gid_t)-1, 0), 0);
	cleanup_free char *text = read_file(p, USER_FILE_LOG, &e);

	assert_non_null(text);
	/* Not anew when another's come in between. */
	assert_int_equal(fchown(p->fd, SOMEBODY, (gid_t)-1), 0);
	assert_int_equal(fchownat(p->fd, "f", SOMEBODY, (gid_t)-1, 0), 0);
	assert_null(read_file(p, USER_FILE_LOG, &e));
}

/* Whoever owns the file. */
static void what_is_read_in_a_users_name_counts_as_theirs(void **state)
{
	struct place *p = *state;
	struct error e = { .text = "" };
	uint64_t most = user_file_limits[USER_FILE_MOVE].in_all;
	cleanup_close int fd = -1;

	needs_root();
	put_file(p->fd, "f", "");
	fd = openat(p->fd, "f", O_RDONLY | O_CLOEXEC);
	assert_int_equal(user_file_count(fd, "f", USER_FILE_MOVE, most + 1, &e), 0);
	assert_int_equal(seteuid(SOMEBODY), 0);
	assert_int_equal(user_file_count(fd, "f", USER_FILE_MOVE, most, &e), 0);
	assert_int_equal(user_file_count(fd, "f", USER_FILE_MOVE, 1, &e), -1);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(user_file_count(fd, "f", USER_FILE_MOVE, 1, &e), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_has_limits_and_a_reason),
		in_place(what_is_no_regular_file_is_refused_and_not_waited_for),
		in_place(what_is_too_large_is_left_unread),
		in_place(a_file_of_another_than_the_directorys_owner_is_refused),
		in_place(root_reads_so_much_of_one_user_and_of_each),
		in_place(what_is_read_in_a_users_name_counts_as_theirs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
