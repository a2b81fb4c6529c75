// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/dmtcp/keeper.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "engine/dmtcp/gate.h"
#include "engine/dmtcp/message.h"

/* The barrier after the images are written; the same from DMTCP 3.1 on. */
#define BARRIER "DMT:WriteCkpt"

#define CHUNK	     65536
#define SEND_TIMEOUT 10 /* seconds; each end reads what it is sent at once */

/*
 * How often who is new is sent again to a coordinator that refuses him, since it has not
 * read yet what the gate has passed on to it. An answer means that it has read something.
 */
#define REJECTED_MAX 1000

enum pair_state {
	PAIR_BEGINS, /* it has not said yet what it is */
	PAIR_WAITS,  /* it is new, and not all run */
	PAIR_ASKS,   /* it is new, and has not been answered */
	PAIR_PASSES,
	PAIR_STANDS, /* at the gate */
};

/* A process of the job, and the gate's connection for it. */
struct pair {
	int worker;
	int coordinator; /* -1 before it is passed on */
	enum pair_state state;
	struct message_stream said; /* by the process, */
	struct message_stream told; /* and to it */
	char *kept; /* of what it said: to be passed on later, or once more */
	size_t size;
	unsigned int rejected; /* how often */
	bool answered;
};

struct keeper {
	struct keeper_place place;
	int client; /* who takes a checkpoint */
	struct pair *pairs;
	size_t count;
	struct pollfd *fds;
	struct gate_report report;
	bool closed;
	bool shut;
	bool saving;  /* the job is to stand for a checkpoint, and has not gone on from it
		       */
	bool changed; /* since the last report */
	bool asked;
	char buffer[CHUNK];
	char passed[CHUNK + MESSAGE_BEGINNING];
};

/* ---- connections ---- */

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

static void accept_worker(struct keeper *k)
{
	cleanup_close int worker = accept4(k->place.workers, NULL, NULL, SOCK_CLOEXEC);
	struct pair *pairs = reallocarray(k->pairs, k->count + 1, sizeof(*pairs));
	struct pollfd *fds =
		pairs ? reallocarray(k->fds, 2 * k->count + 5, sizeof(*fds)) : NULL;

	if (pairs)
		k->pairs = pairs;
	if (fds)
		k->fds = fds;
	if (!fds || worker < 0)
		return;
	set_timeout(worker);
	k->pairs[k->count++] =
		(struct pair){ .worker = take_fd(worker), .coordinator = -1 };
}

static void forget_kept(struct pair *pair)
{
	free(pair->kept);
	pair->kept = NULL;
	pair->size = 0;
}

/*
 * Between its saying that its threads stand and its saying that it runs there is nothing
 * that the program itself could do. DMTCP ends a process whose image it cannot write.
 */
static bool stands(const struct pair *pair)
{
	return !pair->said.foreign && pair->said.state >= MESSAGE_SUSPENDED &&
	       pair->said.state <= MESSAGE_RESTARTING;
}

static void drop_pair(struct keeper *k, size_t i)
{
	struct pair *pair = &k->pairs[i];

	if (pair->state == PAIR_STANDS)
		k->report.held--;
	if (stands(pair) && !k->shut)
		k->report.lost++;
	forget_kept(pair);
	close(pair->worker);
	if (pair->coordinator >= 0)
		close(pair->coordinator);
	*pair = k->pairs[--k->count];
}

static int keep(struct pair *pair, const char *data, size_t size)
{
	char *grown = realloc(pair->kept, pair->size + size);

	if (!grown)
		return -1;
	memcpy(grown + pair->size, data, size);
	pair->kept = grown;
	pair->size += size;
	return 0;
}

/* Have it speak with the coordinator. */
static int connect_pair(struct keeper *k, struct pair *pair)
{
	const struct sockaddr *address = (struct sockaddr *)&k->place.coordinator;
	cleanup_close int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, address, sizeof(k->place.coordinator)) < 0)
		return -1;
	set_timeout(fd);
	if (send_all(fd, pair->kept, pair->size) < 0)
		return -1;
	pair->coordinator = take_fd(fd);
	if (pair->state == PAIR_WAITS) {
		pair->state = PAIR_ASKS;
		return 0;
	}
	pair->state = PAIR_PASSES;
	forget_kept(pair);
	return 0;
}

/* ---- who is new ---- */

static bool has_gone_on(const struct pair *pair)
{
	return pair->coordinator < 0 || pair->said.foreign ||
	       (pair->said.state != MESSAGE_CHECKPOINTED &&
		pair->said.state != MESSAGE_RESTARTING);
}

static bool all_run(const struct keeper *k)
{
	for (size_t i = 0; i < k->count; i++) {
		if (!has_gone_on(&k->pairs[i]))
			return false;
	}
	return true;
}

static void let_in(struct keeper *k)
{
	if (!all_run(k))
		return;
	for (size_t i = k->count; i-- > 0;) {
		if (k->pairs[i].state == PAIR_WAITS && connect_pair(k, &k->pairs[i]) < 0)
			drop_pair(k, i);
	}
}

/*
 * What it has said first is there, or at least its beginning.
 *
 * It is the process that makes a new one which speaks for it, with the state that it has
 * itself. If that is about to stand for a checkpoint, the coordinator of 4.2.0 turns the
 * new one away without an answer; then the one that makes it waits for ever, and all
 * others for that. The new one runs, and so it is told: the coordinator takes it, and has
 * it stand with the others.
 */
static int begin(struct keeper *k, struct pair *pair)
{
	if (pair->said.foreign || pair->said.first != MESSAGE_NEW_WORKER)
		return connect_pair(k, pair);
	if (pair->said.state == MESSAGE_PRESUSPEND)
		message_set_state(pair->kept, MESSAGE_RUNNING);
	pair->state = PAIR_WAITS;
	return 0;
}

/* Has the coordinator refused it, and is it to be sent there again? */
static bool is_rejected(struct pair *pair, const char *data, size_t size)
{
	struct message_stream answer = { 0 };

	(void)message_feed(&answer, data, size, BARRIER);
	return answer.first == MESSAGE_REJECT_NOT_RUNNING &&
	       pair->rejected++ < REJECTED_MAX;
}

static void send_again(struct pair *pair)
{
	close(pair->coordinator);
	pair->coordinator = -1;
	pair->state = PAIR_WAITS;
}

/* ---- passing on ---- */

/* Pass on what has come, or keep it. -1: the connection is over. */
static int pass_up(struct keeper *k, struct pair *pair)
{
	ssize_t n = recv(pair->worker, k->buffer, CHUNK, MSG_DONTWAIT);
	uint32_t before = pair->said.state;
	bool written;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		return -1;
	written = message_feed(&pair->said, k->buffer, (size_t)n, BARRIER);
	if (before == MESSAGE_CHECKPOINTED && pair->said.state == MESSAGE_RUNNING)
		k->saving = false;
	if (pair->said.type == MESSAGE_USER_COMMAND)
		k->saving = true; /* it may be for a checkpoint */
	if (pair->state == PAIR_PASSES && written && k->closed) {
		pair->state = PAIR_STANDS;
		k->report.held++;
		return keep(pair, k->buffer, (size_t)n);
	}
	if (pair->state != PAIR_PASSES && keep(pair, k->buffer, (size_t)n) < 0)
		return -1;
	if (pair->state != PAIR_BEGINS)
		return send_all(pair->coordinator, k->buffer, (size_t)n);
	return pair->said.first || pair->said.foreign ? begin(k, pair) : 0;
}

/* An answer's beginning is sent at once: the rest of it is on its way. */
static ssize_t receive(struct keeper *k, const struct pair *pair)
{
	ssize_t n = recv(pair->coordinator, k->buffer, CHUNK, MSG_DONTWAIT), more = 0;

	if (pair->state == PAIR_ASKS && n > 0 && n < MESSAGE_BEGINNING)
		more = recv(pair->coordinator, k->buffer + n,
			    (size_t)(MESSAGE_BEGINNING - n), MSG_WAITALL);
	return more < 0 ? -1 : n + more;
}

/*
 * What the coordinator says, but for one thing. Until it has heard of all that they have
 * gone on from a checkpoint, it tells who is new, or executes another program, to stand
 * for that checkpoint, too. DMTCP 4.2.0 asks whether there is one by a mark that it takes
 * back with the last image's name: who has gone on may be ahead of that. The one that is
 * told so would stand for ever, alone, and the job soon with it.
 */
static int tell_pair(struct keeper *k, struct pair *pair, size_t size)
{
	size_t n = message_pass(&pair->told, k->buffer, size,
				k->saving ? 0 : MESSAGE_DO_CHECKPOINT, k->passed);

	return send_all(pair->worker, k->passed, n);
}

static int pass_down(struct keeper *k, struct pair *pair)
{
	ssize_t n = receive(k, pair);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		return -1;
	if (pair->state == PAIR_ASKS) {
		if (is_rejected(pair, k->buffer, (size_t)n)) {
			send_again(pair);
			return 0;
		}
		pair->state = PAIR_PASSES;
		forget_kept(pair);
	}
	if (!pair->answered)
		k->report.answered++;
	pair->answered = true;
	return tell_pair(k, pair, (size_t)n);
}

static void open_gate(struct keeper *k)
{
	k->closed = false;
	for (size_t i = k->count; i-- > 0;) {
		struct pair *pair = &k->pairs[i];

		if (pair->state != PAIR_STANDS)
			continue;
		if (send_all(pair->coordinator, pair->kept, pair->size) < 0) {
			drop_pair(k, i);
			continue;
		}
		pair->state = PAIR_PASSES;
		forget_kept(pair);
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
	k->client = accept4(k->place.clients, NULL, NULL, SOCK_CLOEXEC);
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
	switch ((enum keeper_word)word) {
	case KEEPER_CLOSE:
		k->closed = k->saving = true;
		break;
	case KEEPER_OPEN:
		open_gate(k);
		break;
	case KEEPER_SHUT:
		k->shut = true;
		break;
	case KEEPER_LOOK:
		break;
	case KEEPER_ASK:
		k->asked = true;
		return;
	}
	k->report.words++;
	k->changed = true;
}

/* ---- all of it ---- */

enum { FD_WORKERS, FD_CLIENTS, FD_CLIENT, FD_PAIRS };

static bool is_kept_waiting(const struct pair *pair)
{
	return pair->state == PAIR_STANDS || pair->state == PAIR_WAITS;
}

static nfds_t list_fds(struct keeper *k)
{
	struct pollfd *fds = k->fds;

	fds[FD_WORKERS] = (struct pollfd){ .fd = k->place.workers, .events = POLLIN };
	fds[FD_CLIENTS] = (struct pollfd){ .fd = k->place.clients, .events = POLLIN };
	fds[FD_CLIENT] = (struct pollfd){ .fd = k->client, .events = POLLIN };
	for (size_t i = 0; i < k->count; i++) {
		struct pair *pair = &k->pairs[i];

		fds[FD_PAIRS + 2 * i] = (struct pollfd){
			.fd = pair->worker,
			.events = is_kept_waiting(pair) ? POLLRDHUP : POLLIN,
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
		rc = is_kept_waiting(pair) ? -1 : pass_up(k, pair);
	if (rc == 0 && down)
		rc = pass_down(k, pair);
	if (rc < 0)
		drop_pair(k, i);
}

void keeper_serve(const struct keeper_place *place)
{
	struct keeper *k = calloc(1, sizeof(*k));

	if (!k || !(k->fds = calloc(FD_PAIRS, sizeof(*k->fds))))
		_exit(1);
	k->place = *place;
	k->client = -1;
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
		if (k->fds[FD_WORKERS].revents)
			accept_worker(k);
		let_in(k);
	}
}
