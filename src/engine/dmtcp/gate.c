// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/dmtcp/gate.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "base/unix_socket.h"

/* The barrier after the images are written; the same from DMTCP 3.1 on. */
#define BARRIER "DMT:WriteCkpt"

/*
 * The descriptor at which a coordinator finds a port that is listened on for it
 * (DMTCP's protectedfds.h); by it dmtcp_launch hands over the port, too.
 */
#define LISTENER_FD 821

#define CHUNK	     65536
#define SEND_TIMEOUT 10 /* seconds; each end reads what it is sent at once */

enum word { WORD_CLOSE = 'c', WORD_OPEN = 'o', WORD_SHUT = 's', WORD_ASK = 'a' };

/* ---- the gate's own process ---- */

/* A process of the job, and the gate's connection for it. */
struct pair {
	int worker;
	int coordinator;
	char *held; /* what is held back; then no more is read */
	size_t size;
	bool answered;
};

struct keeper {
	int listener; /* for the job's processes */
	struct sockaddr_in coordinator;
	int clients; /* for whoever takes checkpoints, */
	int client;  /* and who does now */
	struct pair *pairs;
	size_t count;
	struct pollfd *fds;
	struct gate_report report;
	bool closed;
	bool shut;
	bool changed; /* since the last report */
	bool asked;
	char buffer[CHUNK];
};

static void set_timeout(int fd)
{
	struct timeval timeout = { .tv_sec = SEND_TIMEOUT };
	int yes = 1;

	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
}

static int send_all(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t n = send(fd, data, size, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		data += n;
		size -= (size_t)n;
	}
	return 0;
}

static void drop_pair(struct keeper *k, size_t i)
{
	struct pair *pair = &k->pairs[i];

	if (pair->held)
		k->report.held--;
	free(pair->held);
	close(pair->worker);
	close(pair->coordinator);
	*pair = k->pairs[--k->count];
}

static void accept_worker(struct keeper *k)
{
	cleanup_close int worker = accept4(k->listener, NULL, NULL, SOCK_CLOEXEC);
	cleanup_close int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct pair *pairs = reallocarray(k->pairs, k->count + 1, sizeof(*pairs));
	struct pollfd *fds =
		pairs ? reallocarray(k->fds, 2 * k->count + 5, sizeof(*fds)) : NULL;

	if (pairs)
		k->pairs = pairs;
	if (fds)
		k->fds = fds;
	if (!fds || worker < 0 || fd < 0 ||
	    connect(fd, (struct sockaddr *)&k->coordinator, sizeof(k->coordinator)) < 0)
		return;
	set_timeout(worker);
	set_timeout(fd);
	k->pairs[k->count++] =
		(struct pair){ .worker = take_fd(worker), .coordinator = take_fd(fd) };
}

/* Pass on what has come, or hold it back. -1: the connection is over. */
static int pass_up(struct keeper *k, struct pair *pair)
{
	ssize_t n = recv(pair->worker, k->buffer, CHUNK, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		return -1;
	if (!k->closed || !memmem(k->buffer, (size_t)n, BARRIER, strlen(BARRIER)))
		return send_all(pair->coordinator, k->buffer, (size_t)n);
	pair->held = malloc((size_t)n);
	if (!pair->held)
		return -1;
	memcpy(pair->held, k->buffer, (size_t)n);
	pair->size = (size_t)n;
	k->report.held++;
	return 0;
}

static int pass_down(struct keeper *k, struct pair *pair)
{
	ssize_t n = recv(pair->coordinator, k->buffer, CHUNK, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		return -1;
	if (!pair->answered)
		k->report.answered++;
	pair->answered = true;
	return send_all(pair->worker, k->buffer, (size_t)n);
}

static void open_gate(struct keeper *k)
{
	k->closed = false;
	for (size_t i = k->count; i-- > 0;) {
		struct pair *pair = &k->pairs[i];
		bool passed = !pair->held ||
			      send_all(pair->coordinator, pair->held, pair->size) == 0;

		if (!passed) {
			drop_pair(k, i);
			continue;
		}
		free(pair->held);
		pair->held = NULL;
	}
	k->report.held = 0;
}

/* ---- who takes checkpoints ---- */

static void lose_client(struct keeper *k)
{
	close(k->client);
	k->client = -1;
	k->asked = false;
	if (!k->shut)
		open_gate(k);
}

static void accept_client(struct keeper *k)
{
	if (k->client >= 0)
		lose_client(k);
	k->client = accept4(k->clients, NULL, NULL, SOCK_CLOEXEC);
	k->report.words = 0;
	k->changed = true;
}

static void tell(struct keeper *k)
{
	if (!k->asked || !k->changed || k->client < 0)
		return;
	k->asked = k->changed = false;
	(void)send(k->client, &k->report, sizeof(k->report), MSG_NOSIGNAL);
}

static void hear(struct keeper *k)
{
	char word;

	if (recv(k->client, &word, 1, 0) != 1) {
		lose_client(k);
		return;
	}
	switch ((enum word)word) {
	case WORD_CLOSE:
		k->closed = true;
		break;
	case WORD_OPEN:
		open_gate(k);
		break;
	case WORD_SHUT:
		k->shut = true;
		break;
	case WORD_ASK:
		k->asked = true;
		return;
	}
	k->report.words++;
	k->changed = true;
}

/* ---- all of it ---- */

enum { FD_LISTENER, FD_CLIENTS, FD_CLIENT, FD_PAIRS };

static nfds_t list_fds(struct keeper *k)
{
	struct pollfd *fds = k->fds;

	fds[FD_LISTENER] = (struct pollfd){ .fd = k->listener, .events = POLLIN };
	fds[FD_CLIENTS] = (struct pollfd){ .fd = k->clients, .events = POLLIN };
	fds[FD_CLIENT] = (struct pollfd){ .fd = k->client, .events = POLLIN };
	for (size_t i = 0; i < k->count; i++) {
		struct pair *pair = &k->pairs[i];

		fds[FD_PAIRS + 2 * i] = (struct pollfd){
			.fd = pair->worker,
			.events = pair->held ? POLLRDHUP : POLLIN,
		};
		fds[FD_PAIRS + 2 * i + 1] =
			(struct pollfd){ .fd = pair->coordinator, .events = POLLIN };
	}
	return FD_PAIRS + 2 * k->count;
}

static void serve_pair(struct keeper *k, size_t i)
{
	struct pair *pair = &k->pairs[i];
	short up = k->fds[FD_PAIRS + 2 * i].revents;
	short down = k->fds[FD_PAIRS + 2 * i + 1].revents;
	int rc = 0;

	if (!up && !down)
		return;
	k->changed = true;
	if (up)
		rc = pair->held ? -1 : pass_up(k, pair);
	if (rc == 0 && down)
		rc = pass_down(k, pair);
	if (rc < 0)
		drop_pair(k, i);
}

static void __attribute__((noreturn)) serve(struct keeper *k)
{
	for (;;) {
		size_t count = k->count;

		tell(k);
		if (poll(k->fds, list_fds(k), -1) < 0)
			continue;
		/* From the end on: who is dropped is replaced by one that was served. */
		for (size_t i = count; i-- > 0;)
			serve_pair(k, i);
		if (k->fds[FD_CLIENT].revents)
			hear(k);
		if (k->fds[FD_CLIENTS].revents)
			accept_client(k);
		if (k->fds[FD_LISTENER].revents)
			accept_worker(k);
	}
}

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

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == gate && dup2(null, STDIN_FILENO) >= 0 &&
	    dup2(null, STDOUT_FILENO) >= 0 && dup2(null, STDERR_FILENO) >= 0 &&
	    chdir(scratch) == 0 && dup2(listener, LISTENER_FD) >= 0)
		execve(program, argv, envp);
	_exit(127);
}

static void __attribute__((noreturn))
keep(struct keeper *k, const char *program, const char *scratch, int listener,
     pid_t runner)
{
	pid_t gate = getpid(), coordinator;
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "checkpoint-gate");
	/* The end of the coordinator is seen by its connections. */
	signal(SIGCHLD, SIG_IGN);
	coordinator = getppid() == runner ? fork() : -1;
	if (coordinator == 0)
		exec_coordinator(program, scratch, listener, gate);
	if (coordinator < 0)
		_exit(1);
	close(listener);
	serve(k);
}

static int prepare(struct keeper *k, struct gate *gate, int *listener, struct error *e)
{
	struct sockaddr_in own;

	k->client = -1;
	k->fds = calloc(FD_PAIRS + 2, sizeof(*k->fds));
	if (!k->fds || !gate->socket)
		return error_sys(e, "DMTCP's coordinator");
	*listener = listen_local(&k->coordinator, e);
	k->listener = *listener < 0 ? -1 : listen_local(&own, e);
	k->clients = k->listener < 0 ? -1 : unix_socket_listen(gate->socket, e);
	gate->port = ntohs(own.sin_port);
	gate->coordinator = ntohs(k->coordinator.sin_port);
	return k->clients < 0 ? -1 : 0;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

int gate_start(struct gate *gate, const char *coordinator, const char *scratch,
	       struct error *e)
{
	struct keeper *k = calloc(1, sizeof(*k));
	pid_t runner = getpid();
	int listener = -1, rc;

	*gate = (struct gate){ .socket = str_printf("%s/gate.sock", scratch) };
	if (!k)
		return error_sys(e, "DMTCP's coordinator");
	k->listener = k->clients = -1;
	rc = prepare(k, gate, &listener, e);
	if (rc == 0) {
		gate->pid = fork();
		if (gate->pid == 0)
			keep(k, coordinator, scratch, listener, runner);
		if (gate->pid < 0)
			rc = error_sys(e, "fork");
	}
	close_fd(listener);
	close_fd(k->listener);
	close_fd(k->clients);
	free(k->fds);
	free(k);
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

static int say(struct gate_client *client, enum word word, struct error *e)
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
	return say(client, WORD_ASK, e);
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
static int command(struct gate_client *client, enum word word, struct error *e)
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

int gate_close(struct gate_client *client, struct error *e)
{
	return command(client, WORD_CLOSE, e);
}

int gate_open(struct gate_client *client, struct error *e)
{
	return command(client, WORD_OPEN, e);
}

int gate_shut(struct gate_client *client, struct error *e)
{
	return command(client, WORD_SHUT, e);
}
