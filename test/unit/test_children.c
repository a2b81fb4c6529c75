// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "base/children.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "testing.h"

#define DEADLINE 60000 /* ms */

/* Nobody who could write is left: all have ended. */
static void wait_for_ends(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char byte;

	assert_int_equal(poll(&p, 1, DEADLINE), 1);
	assert_int_equal(read(fd, &byte, 1), 0);
	close(fd);
}

/* The child of a child, whose parent ends before it has asked, or after. */
static void be_parent(bool first, const int asked[2])
{
	pid_t self = getpid(), pid = fork();
	char byte;

	if (pid == 0) {
		close(asked[1]);
		if (first)
			(void)!read(asked[0], &byte, 1); /* until the parent has ended */
		children_end_with(self);
		for (;;)
			pause();
	}
	_exit(0);
}

static void ends_with(bool first)
{
	int alive[2], asked[2];
	pid_t pid;

	assert_int_equal(pipe2(alive, O_CLOEXEC), 0);
	assert_int_equal(pipe2(asked, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0)
		be_parent(first, asked);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(asked[0]);
	close(asked[1]);
	close(alive[1]);
	wait_for_ends(alive[0]);
}

static void test_parent_has_ended(void **state)
{
	(void)state;
	ends_with(true);
}

static void test_parent_ends_meanwhile(void **state)
{
	(void)state;
	ends_with(false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parent_has_ended),
		cmocka_unit_test(test_parent_ends_meanwhile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
