// SPDX-License-Identifier: GPL-2.0-or-later
/* The coordinator here is this program itself, which sends back what it is sent. */
#define _GNU_SOURCE
#include "engine/dmtcp/gate.h"

#include <arpa/inet.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "testing.h"

#define LISTENER_FD 821
#define WRITTEN	    "magic, and then DMT:WriteCkpt, and more"

/* ---- the coordinator ---- */

static void echo(int fd)
{
	char buffer[256];
	ssize_t n;

	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		(void)!write(fd, buffer, (size_t)n);
}

static void be_coordinator(void)
{
	int fd;

	while ((fd = accept(LISTENER_FD, NULL, NULL)) >= 0) {
		if (fork() == 0) {
			echo(fd);
			_exit(0);
		}
		close(fd);
	}
}

/* ---- a process of the job ---- */

static int connect_to(unsigned int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons((uint16_t)port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void say(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void hears(int fd, const char *text)
{
	char buffer[256] = "";

	assert_int_equal(recv(fd, buffer, strlen(text), MSG_WAITALL), strlen(text));
	assert_string_equal(buffer, text);
}

static bool has_heard(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	return poll(&pfd, 1, 0) > 0;
}

static void wait_until_held(struct gate_client *client, unsigned int count)
{
	struct error e;

	while (client->report.held != count) {
		assert_int_equal(gate_ask(client, &e), 0);
		assert_int_equal(gate_hear(client, &e), 0);
	}
}

/* ---- tests ---- */

static void begin(struct place *p, struct gate *gate, struct gate_client *client)
{
	struct error e;

	if (gate_start(gate, "/proc/self/exe", p->path, &e) < 0 ||
	    gate_connect(client, gate, &e) < 0)
		fail_msg("%s", e.text);
}

static void an_open_gate_passes_everything(void **state)
{
	struct gate gate;
	struct gate_client client;
	int worker;

	begin(*state, &gate, &client);
	worker = connect_to(gate.port);
	say(worker, WRITTEN);
	hears(worker, WRITTEN);
	wait_until_held(&client, 0);
	close(worker);
	gate_disconnect(&client);
	gate_stop(&gate);
}

static void who_has_written_stands_until_it_opens(void **state)
{
	struct gate gate;
	struct gate_client client;
	int workers[2];

	begin(*state, &gate, &client);
	workers[0] = connect_to(gate.port);
	workers[1] = connect_to(gate.port);
	assert_int_equal(gate_close(&client, NULL), 0);
	say(workers[0], "something else");
	hears(workers[0], "something else");
	say(workers[0], WRITTEN);
	wait_until_held(&client, 1);
	say(workers[1], WRITTEN);
	wait_until_held(&client, 2);
	assert_false(has_heard(workers[0]));
	assert_int_equal(gate_open(&client, NULL), 0);
	hears(workers[0], WRITTEN);
	hears(workers[1], WRITTEN);
	assert_int_equal(client.report.held, 0);
	close(workers[0]);
	close(workers[1]);
	gate_disconnect(&client);
	gate_stop(&gate);
}

static void who_dies_at_it_is_not_counted(void **state)
{
	struct gate gate;
	struct gate_client client;
	int worker;

	begin(*state, &gate, &client);
	worker = connect_to(gate.port);
	assert_int_equal(gate_close(&client, NULL), 0);
	say(worker, WRITTEN);
	wait_until_held(&client, 1);
	close(worker);
	wait_until_held(&client, 0);
	gate_disconnect(&client);
	gate_stop(&gate);
}

static void it_opens_if_who_closed_it_is_gone(void **state)
{
	struct gate gate;
	struct gate_client client;
	int worker;

	begin(*state, &gate, &client);
	worker = connect_to(gate.port);
	assert_int_equal(gate_close(&client, NULL), 0);
	say(worker, WRITTEN);
	wait_until_held(&client, 1);
	gate_disconnect(&client);
	hears(worker, WRITTEN);
	close(worker);
	gate_stop(&gate);
}

static void shut_it_stays_closed_whoever_is_gone(void **state)
{
	struct gate gate;
	struct gate_client client, other;
	int worker;

	begin(*state, &gate, &client);
	worker = connect_to(gate.port);
	assert_int_equal(gate_close(&client, NULL), 0);
	say(worker, WRITTEN);
	wait_until_held(&client, 1);
	assert_int_equal(gate_shut(&client, NULL), 0);
	gate_disconnect(&client);
	assert_int_equal(gate_connect(&other, &gate, NULL), 0);
	wait_until_held(&other, 1);
	assert_false(has_heard(worker));
	gate_disconnect(&other);
	gate_stop(&gate);
	close(worker);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		in_place(an_open_gate_passes_everything),
		in_place(who_has_written_stands_until_it_opens),
		in_place(who_dies_at_it_is_not_counted),
		in_place(it_opens_if_who_closed_it_is_gone),
		in_place(shut_it_stays_closed_whoever_is_gone),
	};

	if (argc > 1 && strcmp(argv[1], "--quiet") == 0) {
		be_coordinator();
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
