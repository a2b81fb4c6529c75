// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/dmtcp/gate.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/children.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "base/unix_socket.h"
#include "engine/dmtcp/keeper.h"

/*
 * The descriptor at which a coordinator finds a port that is listened on for it
 * (DMTCP's protectedfds.h); by it dmtcp_launch hands over the port, too.
 */
#define LISTENER_FD 821

/* ---- start ---- */

/* A port of the loopback interface, which the system chooses. */
static int listen_local(struct sockaddr_in *address, struct error *e)
{
	cleanup_close int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t size = sizeof(*address);

	*address = (struct sockaddr_in){ .sin_family = AF_INET,
					 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	if (fd < 0 || bind(fd, (struct sockaddr *)address, sizeof(*address)) < 0 ||
	    listen(fd, SOMAXCONN) < 0 ||
	    getsockname(fd, (struct sockaddr *)address, &size) < 0)
		return error_sys(e, "a port for DMTCP's coordinator");
	return take_fd(fd);
}

/* All signals are blocked: those of the job's are not meant for it. */
static void __attribute__((noreturn))
exec_coordinator(const char *program, const char *scratch, int listener, pid_t gate)
{
	char *argv[] = { (char *)program,   (char *)"--quiet",
			 (char *)"--quiet", (char *)"--ckptdir",
			 (char *)scratch,   (char *)"--tmpdir",
			 (char *)scratch,   (char *)"--stale-timeout",
			 (char *)"-1",	    NULL };
	char *envp[] = { (char *)"PATH=/usr/bin:/bin", NULL };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	children_end_with(gate);
	if (dup2(null, STDIN_FILENO) >= 0 && dup2(null, STDOUT_FILENO) >= 0 &&
	    dup2(null, STDERR_FILENO) >= 0 && chdir(scratch) == 0 &&
	    dup2(listener, LISTENER_FD) >= 0)
		execve(program, argv, envp);
	_exit(127);
}

static void __attribute__((noreturn))
keep(const struct keeper_place *place, const char *program, const char *scratch,
     int listener, pid_t runner)
{
	pid_t gate = getpid(), coordinator;
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	children_end_with(runner);
	prctl(PR_SET_NAME, "checkpoint-gate");
	/* The end of the coordinator is seen by its connections. */
	signal(SIGCHLD, SIG_IGN);
	coordinator = fork();
	if (coordinator == 0)
		exec_coordinator(program, scratch, listener, gate);
	if (coordinator < 0)
		_exit(1);
	close(listener);
	keeper_serve(place);
}

static int prepare(struct keeper_place *place, struct gate *gate, int *listener,
		   struct error *e)
{
	struct sockaddr_in own;

	if (!gate->socket)
		return error_sys(e, "DMTCP's coordinator");
	*listener = listen_local(&place->coordinator, e);
	place->workers = *listener < 0 ? -1 : listen_local(&own, e);
	place->clients = place->workers < 0 ? -1 : unix_socket_listen(gate->socket, e);
	gate->port = ntohs(own.sin_port);
	gate->coordinator = ntohs(place->coordinator.sin_port);
	return place->clients < 0 ? -1 : 0;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

int gate_start(struct gate *gate, const char *coordinator, const char *scratch,
	       struct error *e)
{
	struct keeper_place place = { .workers = -1, .clients = -1 };
	pid_t runner = getpid();
	int listener = -1, rc;

	*gate = (struct gate){ .socket = str_printf("%s/gate.sock", scratch) };
	rc = prepare(&place, gate, &listener, e);
	if (rc == 0) {
		gate->pid = fork();
		if (gate->pid == 0)
			keep(&place, coordinator, scratch, listener, runner);
		if (gate->pid < 0)
			rc = error_sys(e, "fork");
	}
	close_fd(listener);
	close_fd(place.workers);
	close_fd(place.clients);
	return rc;
}

void gate_stop(struct gate *gate)
{
	if (gate->pid > 0) {
		kill(gate->pid, SIGKILL);
		while (waitpid(gate->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	gate->pid = 0;
	free(gate->socket);
	gate->socket = NULL;
}

/* ---- who speaks with it ---- */

int gate_connect(struct gate_client *client, const struct gate *gate, struct error *e)
{
	*client = (struct gate_client){ .fd = unix_socket_connect(gate->socket) };
	return client->fd < 0 ? error_sys(e, "%s", gate->socket) : 0;
}

void gate_disconnect(struct gate_client *client)
{
	close_fd(client->fd);
	client->fd = -1;
}

static int say(struct gate_client *client, enum keeper_word word, struct error *e)
{
	const char byte = (char)word;

	if (send(client->fd, &byte, 1, MSG_NOSIGNAL) != 1)
		return error_sys(e, "the gate to DMTCP's coordinator");
	return 0;
}

int gate_ask(struct gate_client *client, struct error *e)
{
	if (client->asked)
		return 0;
	client->asked = true;
	return say(client, KEEPER_ASK, e);
}

int gate_hear(struct gate_client *client, struct error *e)
{
	client->asked = false;
	if (file_read_all(client->fd, &client->report, sizeof(client->report)) !=
	    (ssize_t)sizeof(client->report))
		return error_set(e, "the gate to DMTCP's coordinator has ended");
	return 0;
}

/* A word, and until it has been heard. */
static int command(struct gate_client *client, enum keeper_word word, struct error *e)
{
	if (say(client, word, e) < 0)
		return -1;
	client->words++;
	do {
		if (gate_ask(client, e) < 0 || gate_hear(client, e) < 0)
			return -1;
	} while (client->report.words != client->words);
	return 0;
}

int gate_look(struct gate_client *client, struct error *e)
{
	return command(client, KEEPER_LOOK, e);
}

int gate_close(struct gate_client *client, struct error *e)
{
	return command(client, KEEPER_CLOSE, e);
}

int gate_open(struct gate_client *client, struct error *e)
{
	return command(client, KEEPER_OPEN, e);
}

int gate_shut(struct gate_client *client, struct error *e)
{
	return command(client, KEEPER_SHUT, e);
}
