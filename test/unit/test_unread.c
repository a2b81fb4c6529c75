// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/dmtcp/unread.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "testing.h"

static int is_shared_here(void)
{
	pid_t self = getpid();
	struct tree tree = { .proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
			     .pids = &self,
			     .count = 1 };
	struct error e;
	int rc = unread_is_shared(&tree, &e);

	close(tree.proc);
	if (rc < 0)
		fail_msg("%s", e.text);
	return rc;
}

static int pair(int *other)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	*other = fds[1];
	return fds[0];
}

static void it_may_be_where_one_is_empty_and_one_is_not(void **state)
{
	int writer, ended, full = pair(&writer), empty = pair(&ended);

	(void)state;
	assert_int_equal(write(writer, "hello", 5), 5);
	assert_int_equal(is_shared_here(), 0);
	close(writer);
	assert_int_equal(is_shared_here(), 0);
	close(ended);
	assert_int_equal(is_shared_here(), 1);
	close(empty);
	assert_int_equal(is_shared_here(), 0);
	close(full);
}

static void what_another_process_has_does_not_count(void **state)
{
	const struct tree nobody = { .proc = -1 };
	int writer, ended, full = pair(&writer), empty = pair(&ended);
	struct error e;

	(void)state;
	assert_int_equal(write(writer, "hello", 5), 5);
	close(writer);
	close(ended);
	assert_int_equal(unread_is_shared(&nobody, &e), 0);
	close(full);
	close(empty);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(it_may_be_where_one_is_empty_and_one_is_not),
		in_place(what_another_process_has_does_not_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
