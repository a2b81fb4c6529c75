// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/descriptors.h"

#include <fcntl.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "testing.h"

static bool is_one_open_file(int a, int b)
{
	return syscall(SYS_kcmp, getpid(), getpid(), KCMP_FILE, a, b) == 0;
}

/* In a process of its own, whose descriptors it opens again: the number of what is wrong.
 */
static int in_child(const struct place *p, int (*test)(const struct place *p))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(test(p));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 100;
}

/* fd, inherited by programs, and a descriptor of the same open file that is not. */
static int open_both(const struct place *p, int flags, int fd, int *kept)
{
	int opened = openat(p->fd, "file", flags | O_CLOEXEC);

	*kept = opened;
	return opened < 0 ? -1 : dup2(opened, fd);
}

static int reopen_position(const struct place *p)
{
	int kept, again;

	if (open_both(p, O_RDWR, 20, &kept) < 0 || lseek(20, 3, SEEK_SET) != 3)
		return 1;
	descriptors_reopen(p->path);
	again = 20;
	if (is_one_open_file(kept, again))
		return 2;
	if (lseek(again, 0, SEEK_CUR) != 3 || lseek(kept, 0, SEEK_SET) != 0)
		return 3;
	if (lseek(again, 0, SEEK_CUR) != 3)
		return 4;
	return fcntl(again, F_GETFL) == fcntl(kept, F_GETFL) ? 0 : 5;
}

static int reopen_flags(const struct place *p)
{
	int kept;

	if (open_both(p, O_WRONLY | O_APPEND | O_SYNC, 20, &kept) < 0)
		return 1;
	descriptors_reopen(p->path);
	if (is_one_open_file(kept, 20))
		return 2;
	return fcntl(20, F_GETFL) == fcntl(kept, F_GETFL) ? 0 : 3;
}

static int reopen_twins(const struct place *p)
{
	int kept, other;

	if (open_both(p, O_RDWR, 20, &kept) < 0 || dup2(20, 30) < 0 ||
	    open_both(p, O_RDWR, 25, &other) < 0)
		return 1;
	descriptors_reopen(p->path);
	if (is_one_open_file(kept, 20) || !is_one_open_file(20, 30))
		return 2;
	return is_one_open_file(20, 25) ? 3 : 0;
}

static int reopen_removed(const struct place *p)
{
	char text[8] = "";
	int kept;

	if (open_both(p, O_RDWR, 20, &kept) < 0 || lseek(20, 2, SEEK_SET) != 2 ||
	    unlinkat(p->fd, "file", 0) < 0)
		return 1;
	descriptors_reopen(p->path);
	if (is_one_open_file(kept, 20))
		return 2;
	return read(20, text, sizeof(text)) == 3 && !strcmp(text, "llo") ? 0 : 3;
}

static int reopen_replaced(const struct place *p)
{
	int kept;

	if (open_both(p, O_RDWR, 20, &kept) < 0 ||
	    renameat(p->fd, "file", p->fd, "other") < 0)
		return 1;
	put_file(p->fd, "file", "another");
	descriptors_reopen(p->path);
	if (is_one_open_file(kept, 20))
		return 2; /* it has a name still, if not the one it was opened by */
	return 0;
}

static int reopen_pipe(const struct place *p)
{
	int fds[2], kept;

	(void)p;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return 1;
	kept = fds[1];
	if (dup2(kept, 20) < 0)
		return 1;
	descriptors_reopen(p->path);
	return is_one_open_file(kept, 20) ? 0 : 2;
}

#define CHILD_TEST(name, function)                          \
	static void name(void **state)                      \
	{                                                   \
		struct place *p = *state;                   \
                                                            \
		put_file(p->fd, "file", "hello");           \
		assert_int_equal(in_child(p, function), 0); \
	}

CHILD_TEST(a_file_is_opened_again_at_its_position, reopen_position)
CHILD_TEST(a_file_is_opened_again_with_its_flags, reopen_flags)
CHILD_TEST(descriptors_of_one_open_file_stay_one, reopen_twins)
CHILD_TEST(a_file_that_was_removed_keeps_its_content, reopen_removed)
CHILD_TEST(a_file_that_was_renamed_is_found, reopen_replaced)
CHILD_TEST(a_pipe_stays_as_it_is, reopen_pipe)

static void what_is_inherited_is_listed_in_order(void **state)
{
	int *list = descriptors_inherited();
	int last = -1;

	(void)state;
	assert_non_null(list);
	for (size_t i = 0; list[i] >= 0; i++) {
		assert_true(list[i] > last);
		assert_false(fcntl(list[i], F_GETFD) & FD_CLOEXEC);
		last = list[i];
	}
	free(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(a_file_is_opened_again_at_its_position),
		in_place(a_file_is_opened_again_with_its_flags),
		in_place(descriptors_of_one_open_file_stay_one),
		in_place(a_file_that_was_removed_keeps_its_content),
		in_place(a_file_that_was_renamed_is_found),
		in_place(a_pipe_stays_as_it_is),
		cmocka_unit_test(what_is_inherited_is_listed_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
