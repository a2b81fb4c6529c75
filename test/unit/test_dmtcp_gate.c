// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The coordinator here is this program itself, which sends back what it is sent; but it
 * refuses who is new as often as is told in the place of a barrier's name.
 */
#define _GNU_SOURCE
#include "engine/dmtcp/gate.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "testing.h"

#define LISTENER_FD 821
#define WRITTEN	    "DMT:WriteCkpt"

enum {
	TYPE_NEW = 1,
	TYPE_RESTARTED = 3,
	TYPE_REFUSED = 7,
	TYPE_COMMAND = 15,
	TYPE_CHECKPOINT = 17,
	TYPE_OTHER = 20,
};
enum {
	STATE_RUNNING = 1,
	STATE_ABOUT = 2,
	STATE_STANDS = 3,
	STATE_SAVED = 5,
	STATE_RESTARTING = 6,
};

/* DMTCP's, with its layout. */
struct message {
	char magic[16];
	char barrier[64];
	char other[8];
	uint32_t size, more, type, state;
	char rest[120];
};

static struct message message(const char *barrier, uint32_t type, uint32_t state)
{
	struct message m = {
		.magic = "magic", .size = sizeof(m), .type = type, .state = state
	};

	snprintf(m.barrier, sizeof(m.barrier), "%s", barrier);
	return m;
}

/* ---- the coordinator ---- */

static void answer(int fd, int connections)
{
	struct message m;

	while (recv(fd, &m, sizeof(m), MSG_WAITALL) == sizeof(m)) {
		bool refused = m.type == TYPE_NEW && connections <= atoi(m.barrier);

		if (refused)
			m.type = TYPE_REFUSED;
		(void)!write(fd, &m, sizeof(m));
		if (refused)
			break;
	}
}

static void be_coordinator(void)
{
	int fd, connections = 0;

	while ((fd = accept(LISTENER_FD, NULL, NULL)) >= 0) {
		connections++;
		if (fork() == 0) {
			answer(fd, connections);
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

static void say_as(int fd, const char *barrier, uint32_t type, uint32_t state)
{
	const struct message m = message(barrier, type, state);

	assert_int_equal(write(fd, &m, sizeof(m)), sizeof(m));
}

static void hears_as(int fd, const char *barrier, uint32_t type, uint32_t state)
{
	const struct message want = message(barrier, type, state);
	struct message m;

	assert_int_equal(recv(fd, &m, sizeof(m), MSG_WAITALL), sizeof(m));
	assert_memory_equal(&m, &want, sizeof(m));
}

static void say(int fd, const char *barrier)
{
	say_as(fd, barrier, TYPE_OTHER, STATE_RUNNING);
}

static void hears(int fd, const char *barrier)
{
	hears_as(fd, barrier, TYPE_OTHER, STATE_RUNNING);
}

/* A process of the job that the coordinator knows. */
static int join(const struct gate *gate)
{
	int fd = connect_to(gate->port);

	say(fd, "hello");
	hears(fd, "hello");
	return fd;
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
	workers[0] = join(&gate);
	workers[1] = join(&gate);
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
	worker = join(&gate);
	assert_int_equal(gate_close(&client, NULL), 0);
	say(worker, WRITTEN);
	wait_until_held(&client, 1);
	close(worker);
	wait_until_held(&client, 0);
	gate_disconnect(&client);
	gate_stop(&gate);
}

/* A process of the job says where it is, and ends. */
static void ends_in(const struct gate *gate, uint32_t where)
{
	int worker = connect_to(gate->port);

	say_as(worker, "", TYPE_OTHER, where);
	hears_as(worker, "", TYPE_OTHER, where);
	close(worker);
}

static void who_ends_while_it_is_saved_or_restored_is_lost(void **state)
{
	struct gate gate;
	struct gate_client client;

	begin(*state, &gate, &client);
	ends_in(&gate, STATE_RUNNING);
	ends_in(&gate, STATE_ABOUT);
	assert_int_equal(gate_look(&client, NULL), 0);
	assert_int_equal(client.report.lost, 0);
	ends_in(&gate, STATE_STANDS);
	ends_in(&gate, STATE_SAVED);
	ends_in(&gate, STATE_RESTARTING);
	assert_int_equal(gate_look(&client, NULL), 0);
	assert_int_equal(client.report.lost, 3);
	gate_disconnect(&client);
	gate_stop(&gate);
}

static void who_is_ended_at_a_gate_that_is_shut_is_not_lost(void **state)
{
	struct gate gate;
	struct gate_client client;

	begin(*state, &gate, &client);
	assert_int_equal(gate_shut(&client, NULL), 0);
	ends_in(&gate, STATE_SAVED);
	assert_int_equal(gate_look(&client, NULL), 0);
	assert_int_equal(client.report.lost, 0);
	gate_disconnect(&client);
	gate_stop(&gate);
}

static void it_opens_if_who_closed_it_is_gone(void **state)
{
	struct gate gate;
	struct gate_client client;
	int worker;

	begin(*state, &gate, &client);
	worker = join(&gate);
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
	worker = join(&gate);
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

/* Of a process that has just been saved or restored, and goes on before the others. */
static void who_is_new_waits_until_all_run(void **state)
{
	static const uint32_t states[] = { STATE_RESTARTING, STATE_SAVED };

	for (size_t i = 0; i < LENGTH(states); i++) {
		struct gate gate;
		struct gate_client client;
		int worker, new;

		begin(*state, &gate, &client);
		worker = connect_to(gate.port);
		say_as(worker, "", TYPE_RESTARTED, states[i]);
		hears_as(worker, "", TYPE_RESTARTED, states[i]);
		new = connect_to(gate.port);
		say_as(new, "", TYPE_NEW, STATE_RUNNING);
		say_as(worker, "DMT:Restart", TYPE_OTHER, states[i]);
		hears_as(worker, "DMT:Restart", TYPE_OTHER, states[i]);
		assert_false(has_heard(new));
		say(worker, "it runs");
		hears(worker, "it runs");
		hears_as(new, "", TYPE_NEW, STATE_RUNNING);
		say(new, WRITTEN);
		hears(new, WRITTEN);
		close(worker);
		close(new);
		gate_disconnect(&client);
		gate_stop(&gate);
	}
}

static void who_is_gone_keeps_nobody_waiting(void **state)
{
	struct gate gate;
	struct gate_client client;
	int worker, new;

	begin(*state, &gate, &client);
	worker = connect_to(gate.port);
	say_as(worker, "", TYPE_RESTARTED, STATE_RESTARTING);
	hears_as(worker, "", TYPE_RESTARTED, STATE_RESTARTING);
	new = connect_to(gate.port);
	say_as(new, "", TYPE_NEW, STATE_RUNNING);
	close(worker);
	hears_as(new, "", TYPE_NEW, STATE_RUNNING);
	close(new);
	gate_disconnect(&client);
	gate_stop(&gate);
}

/* It is saved with the others: they wait for it. */
static void who_is_new_before_a_checkpoint_is_let_in(void **state)
{
	struct gate gate;
	struct gate_client client;
	int worker, new;

	begin(*state, &gate, &client);
	assert_int_equal(gate_close(&client, NULL), 0);
	worker = connect_to(gate.port);
	say_as(worker, "DMT:SUSPEND", TYPE_OTHER, STATE_ABOUT);
	hears_as(worker, "DMT:SUSPEND", TYPE_OTHER, STATE_ABOUT);
	new = connect_to(gate.port);
	say_as(new, "", TYPE_NEW, STATE_RUNNING);
	hears_as(new, "", TYPE_NEW, STATE_RUNNING);
	close(worker);
	close(new);
	gate_disconnect(&client);
	gate_stop(&gate);
}

/* Whoever makes it speaks for it, and is about to stand itself. */
static void who_is_new_runs(void **state)
{
	struct gate gate;
	struct gate_client client;
	int new;

	begin(*state, &gate, &client);
	new = connect_to(gate.port);
	say_as(new, "", TYPE_NEW, STATE_ABOUT);
	hears_as(new, "", TYPE_NEW, STATE_RUNNING);
	close(new);
	gate_disconnect(&client);
	gate_stop(&gate);
}

static void who_is_refused_is_sent_again(void **state)
{
	struct gate gate;
	struct gate_client client;
	int new;

	begin(*state, &gate, &client);
	new = connect_to(gate.port);
	say_as(new, "5", TYPE_NEW, STATE_RUNNING);
	hears_as(new, "5", TYPE_NEW, STATE_RUNNING);
	say(new, "more");
	hears(new, "more");
	close(new);
	gate_disconnect(&client);
	gate_stop(&gate);
}

/* A coordinator that will have none of it is believed. */
static void who_is_refused_for_ever_is_told(void **state)
{
	struct gate gate;
	struct gate_client client;
	int new;

	begin(*state, &gate, &client);
	new = connect_to(gate.port);
	say_as(new, "100000", TYPE_NEW, STATE_RUNNING);
	hears_as(new, "100000", TYPE_REFUSED, STATE_RUNNING);
	close(new);
	gate_disconnect(&client);
	gate_stop(&gate);
}

/* The coordinator tells the worker to stand for a checkpoint. Does it hear that? */
static bool hears_of_checkpoint(int worker)
{
	struct message m;

	say_as(worker, "", TYPE_CHECKPOINT, STATE_RUNNING);
	say(worker, "after");
	assert_int_equal(recv(worker, &m, sizeof(m), MSG_WAITALL), sizeof(m));
	if (m.type == TYPE_OTHER)
		return false;
	hears(worker, "after");
	return true;
}

static void who_is_told_late_of_a_checkpoint_is_not_told(void **state)
{
	struct gate gate;
	struct gate_client client;
	int worker, other;

	begin(*state, &gate, &client);
	worker = join(&gate);
	other = join(&gate);
	assert_false(hears_of_checkpoint(worker));
	assert_int_equal(gate_close(&client, NULL), 0);
	assert_true(hears_of_checkpoint(worker));
	say_as(other, WRITTEN, TYPE_OTHER, STATE_SAVED);
	wait_until_held(&client, 1);
	assert_true(hears_of_checkpoint(worker));
	assert_int_equal(gate_open(&client, NULL), 0);
	hears_as(other, WRITTEN, TYPE_OTHER, STATE_SAVED);
	assert_true(hears_of_checkpoint(worker));
	say(other, "it has continued");
	hears(other, "it has continued");
	assert_false(hears_of_checkpoint(worker));
	say_as(other, "", TYPE_COMMAND, STATE_RUNNING);
	hears_as(other, "", TYPE_COMMAND, STATE_RUNNING);
	assert_true(hears_of_checkpoint(worker));
	close(worker);
	close(other);
	gate_disconnect(&client);
	gate_stop(&gate);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		in_place(an_open_gate_passes_everything),
		in_place(who_has_written_stands_until_it_opens),
		in_place(who_dies_at_it_is_not_counted),
		in_place(who_ends_while_it_is_saved_or_restored_is_lost),
		in_place(who_is_ended_at_a_gate_that_is_shut_is_not_lost),
		in_place(it_opens_if_who_closed_it_is_gone),
		in_place(shut_it_stays_closed_whoever_is_gone),
		in_place(who_is_new_waits_until_all_run),
		in_place(who_is_gone_keeps_nobody_waiting),
		in_place(who_is_new_before_a_checkpoint_is_let_in),
		in_place(who_is_new_runs),
		in_place(who_is_refused_is_sent_again),
		in_place(who_is_told_late_of_a_checkpoint_is_not_told),
		in_place(who_is_refused_for_ever_is_told),
	};

	if (argc > 1 && strcmp(argv[1], "--quiet") == 0) {
		be_coordinator();
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
