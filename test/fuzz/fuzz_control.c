// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_control.c - whatever a job's process sends its runner: it is a request, which gets
 * one reply, or it is none, and gets none; and the runner hears the next one.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/unix_socket.h"
#include "runner/control.h"

/* libFuzzer's. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char path[] = "/dev/shm/fuzz-control-XXXXXX";
static char socket_path[sizeof(path) + sizeof("/" CONTROL_SOCKET)];
static struct control *control;
static struct loop *loop;

static void must(int holds)
{
	if (!holds)
		abort();
}

static void remove_all(void)
{
	control_close(control);
	loop_free(loop);
	(void)file_remove_tree(AT_FDCWD, path, NULL);
}

/* Tickets are given, served and asked for, as the request says. */
static void hear(void *arg, const struct control_request *request,
		 struct control_reply *reply)
{
	(void)arg;
	if (request->command == CONTROL_CREATE)
		reply->ticket = control_ticket(control);
	if (request->command == CONTROL_VACATE)
		control_begin(control);
	if (request->command == CONTROL_REQUEUE)
		control_finish(control, request->ticket & 1 ? "why" : NULL);
	control_result(control, request->ticket, reply);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	must(mkdtemp(path) != NULL);
	strcpy(socket_path, path);
	strcat(socket_path, "/" CONTROL_SOCKET);
	loop = loop_new(NULL);
	control = control_open(path, NULL);
	must(loop && control && control_hear(control, loop, hear, NULL, NULL) == 0);
	return atexit(remove_all);
}

/* Bytes of the reply that comes to what is sent. */
static ssize_t ask(const void *data, size_t size, struct control_reply *reply)
{
	cleanup_close int fd = unix_socket_connect(socket_path);

	must(fd >= 0);
	if (size)
		must(send(fd, data, size, MSG_NOSIGNAL) == (ssize_t)size);
	else
		must(shutdown(fd, SHUT_WR) == 0);
	must(loop_once(loop, NULL) == 0 && loop_once(loop, NULL) == 0);
	return recv(fd, reply, sizeof(*reply), 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct control_request state = { .command = CONTROL_STATE };
	struct control_reply reply;
	ssize_t n = ask(data, size < 4096 ? size : 4096, &reply);

	must(n <= 0 || n == sizeof(reply));
	must(n <= 0 || memchr(reply.text, '\0', sizeof(reply.text)));
	must(ask(&state, sizeof(state), &reply) == sizeof(reply));
	return 0;
}
