// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "base/unix_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "testing.h"

static void who_connects_reaches_who_listens(void **state)
{
	struct place *p = *state;
	const char *path = place_path(p, "socket");
	char byte = 0;
	struct error e;
	int listener, here, there;

	listener = unix_socket_listen(path, &e);
	assert_true(listener >= 0);
	here = unix_socket_connect(path);
	assert_true(here >= 0);
	there = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(fcntl(listener, F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(here, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(write(here, "x", 1), 1);
	assert_int_equal(read(there, &byte, 1), 1);
	assert_int_equal(byte, 'x');
	close(listener);
	close(here);
	close(there);
}

static void listening_replaces_what_was_left_there(void **state)
{
	struct place *p = *state;
	struct error e;
	int fd;

	put_file(p->fd, "socket", "left");
	fd = unix_socket_listen(place_path(p, "socket"), &e);
	assert_true(fd >= 0);
	assert_true(S_ISSOCK(stat_of(p->fd, "socket").st_mode));
	close(fd);
	fd = unix_socket_listen(place_path(p, "socket"), &e);
	assert_true(fd >= 0);
	close(fd);
}

static void a_path_that_will_not_do_is_an_error(void **state)
{
	static const char long_name[] =
		"a-name-of-more-bytes-than-there-are-in-the-address-of-"
		"a-local-socket-which-has-one-hundred-and-eight-of-them";
	struct place *p = *state;
	struct error e;

	assert_int_equal(mkdirat(p->fd, "dir", 0700), 0);
	put_file(p->fd, "file", "");
	assert_int_equal(unix_socket_listen(place_path(p, "no/socket"), &e), -1);
	assert_says(&e, "No such file");
	assert_int_equal(unix_socket_listen(place_path(p, "dir"), &e), -1);
	assert_int_equal(unix_socket_listen(place_path(p, long_name), &e), -1);
	assert_says(&e, "File name too long");
	assert_int_equal(unix_socket_connect(place_path(p, long_name)), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	assert_int_equal(unix_socket_connect(place_path(p, "none")), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(unix_socket_connect(place_path(p, "file")), -1);
}

/* Send one byte and count descriptors, all of them fd. */
static void send_fds(int socket, int fd, size_t count)
{
	char space[CMSG_SPACE(4 * sizeof(int))] = { 0 };
	struct iovec iov = { (char[]){ 'x' }, 1 };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *header;

	if (count) {
		message.msg_control = space;
		message.msg_controllen = CMSG_SPACE(count * sizeof(int));
		header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(count * sizeof(int));
		for (size_t i = 0; i < count; i++)
			memcpy(CMSG_DATA(header) + i * sizeof(int), &fd, sizeof(fd));
	}
	assert_int_equal(sendmsg(socket, &message, 0), 1);
}

static void a_descriptor_arrives_as_one_of_ours(void **state)
{
	char byte = 0;
	int pair[2], fds[2], got;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	errno = 0;
	assert_int_equal(unix_socket_receive_fd(pair[1]), -1);
	assert_int_equal(errno, EAGAIN);
	send_fds(pair[0], fds[0], 1);
	got = unix_socket_receive_fd(pair[1]);
	assert_true(got >= 0 && got != fds[0]);
	assert_true(fcntl(got, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(write(fds[1], "x", 1), 1);
	assert_int_equal(read(got, &byte, 1), 1);
	close(got);
	close(fds[0]);
	close(fds[1]);
	close(pair[0]);
	close(pair[1]);
}

/* That none of them stays open is seen at the end of the test. */
static void anything_but_one_descriptor_is_refused(void **state)
{
	static const size_t counts[] = { 0, 2, 3, 4 };
	int pair[2], fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	for (size_t i = 0; i < LENGTH(counts); i++) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair),
				 0);
		send_fds(pair[0], fds[0], counts[i]);
		assert_int_equal(unix_socket_receive_fd(pair[1]), -1);
		assert_int_equal(errno, EBADMSG);
		close(pair[0]);
		assert_int_equal(unix_socket_receive_fd(pair[1]), -1);
		assert_int_equal(errno, EBADMSG);
		close(pair[1]);
	}
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(who_connects_reaches_who_listens),
		in_place(listening_replaces_what_was_left_there),
		in_place(a_path_that_will_not_do_is_an_error),
		in_place(a_descriptor_arrives_as_one_of_ours),
		in_place(anything_but_one_descriptor_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
