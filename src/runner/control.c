// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "runner/control.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "base/unix_socket.h"

/* Checkpoints whose outcome is remembered; who waits asks as soon as it is let go. */
#define RESULTS 16

/* Who may be speaking at the same time; a request is there as soon as its connection is.
 */
#define CLIENTS 32

struct result {
	uint32_t first, last; /* the tickets that it served */
	bool failed;
	char why[sizeof(((struct control_reply *)0)->text)];
};

struct control {
	struct loop *loop;
	control_fn fn;
	void *arg;
	int listener;
	int lock;
	uint32_t issued, begun, done; /* last tickets */
	struct result results[RESULTS];
	unsigned int nresults;
	struct client *clients;
	unsigned int nclients;
};

struct client {
	struct control *control;
	struct client *next;
	int fd;
};

/* ---- locks ---- */

/* F_SETLK on count bytes from byte first on. */
static int set_lock(int fd, short type, uint32_t first, uint32_t count)
{
	struct flock lock = {
		.l_type = type, .l_whence = SEEK_SET, .l_start = first, .l_len = count
	};

	return fcntl(fd, F_SETLK, &lock);
}

uint32_t control_ticket(struct control *control)
{
	uint32_t ticket = ++control->issued;

	(void)set_lock(control->lock, F_WRLCK, ticket, 1);
	return ticket;
}

void control_begin(struct control *control)
{
	control->begun = control->issued;
}

void control_finish(struct control *control, const char *why)
{
	struct result *result = &control->results[control->nresults % RESULTS];

	if (control->begun == control->done)
		return;
	*result = (struct result){ .first = control->done + 1,
				   .last = control->begun,
				   .failed = why != NULL };
	if (why)
		snprintf(result->why, sizeof(result->why), "%s", why);
	control->nresults++;
	(void)set_lock(control->lock, F_UNLCK, control->done + 1,
		       control->begun - control->done);
	control->done = control->begun;
}

void control_result(const struct control *control, uint32_t ticket,
		    struct control_reply *reply)
{
	unsigned int kept = control->nresults < RESULTS ? control->nresults : RESULTS;

	for (unsigned int i = control->nresults - kept; i < control->nresults; i++) {
		const struct result *result = &control->results[i % RESULTS];

		if (ticket < result->first || ticket > result->last)
			continue;
		reply->rc = result->failed ? -1 : 0;
		memcpy(reply->text, result->why, sizeof(reply->text));
		return;
	}
	reply->rc = -1;
	snprintf(reply->text, sizeof(reply->text), "no such request is known");
}

int control_shut(const char *dir, int cancel_fd, struct error *e)
{
	cleanup_free char *path = str_printf("%s/" CONTROL_LOCK, dir);
	cleanup_close int fd = path ? open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW) : -1;
	cleanup_close int watch = inotify_init1(IN_CLOEXEC);
	struct pollfd fds[2] = { { .fd = watch, .events = POLLIN },
				 { .fd = cancel_fd, .events = POLLIN } };
	char events[4096];

	/* Whoever lets go of the lock closes the file, if only by ending, or touches it.
	 */
	if (fd < 0 || watch < 0 ||
	    inotify_add_watch(watch, path, IN_CLOSE | IN_ATTRIB) < 0)
		return error_sys(e, "%s/" CONTROL_LOCK, dir);
	while (set_lock(fd, F_WRLCK, CONTROL_LOCK_DUMP, 1) < 0) {
		if (errno != EACCES && errno != EAGAIN)
			return error_sys(e, "%s", path);
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return error_sys(e, "%s", path);
		if (fds[1].revents)
			return error_set(e, "the job is in a section in which it does "
					    "not allow checkpoints");
		if (fds[0].revents)
			(void)!read(watch, events, sizeof(events));
	}
	return take_fd(fd);
}

/* ---- requests ---- */

static void forget(struct client *client)
{
	struct client **at = &client->control->clients;

	while (*at != client)
		at = &(*at)->next;
	*at = client->next;
	client->control->nclients--;
	loop_remove(client->control->loop, client->fd);
	close(client->fd);
	free(client);
}

static int request_ready(void *arg, struct error *e)
{
	struct client *client = arg;
	struct control_request request;
	struct control_reply reply = { 0 };

	(void)e;
	/* It is sent in one piece; what comes in several is none. */
	if (recv(client->fd, &request, sizeof(request), MSG_DONTWAIT) ==
	    sizeof(request)) {
		client->control->fn(client->control->arg, &request, &reply);
		(void)send(client->fd, &reply, sizeof(reply),
			   MSG_DONTWAIT | MSG_NOSIGNAL);
	}
	forget(client);
	return 0;
}

static int client_waits(void *arg, struct error *e)
{
	struct control *control = arg;
	struct client *client = calloc(1, sizeof(*client));
	int fd = accept4(control->listener, NULL, NULL, SOCK_CLOEXEC);

	if (!client || fd < 0 || control->nclients == CLIENTS) {
		if (fd >= 0)
			close(fd);
		free(client);
		return 0;
	}
	*client =
		(struct client){ .control = control, .next = control->clients, .fd = fd };
	control->clients = client;
	control->nclients++;
	if (loop_add(control->loop, fd, request_ready, client, e) < 0)
		forget(client);
	return 0;
}

int control_hear(struct control *control, struct loop *loop, control_fn fn, void *arg,
		 struct error *e)
{
	control->loop = loop;
	control->fn = fn;
	control->arg = arg;
	return loop_add(loop, control->listener, client_waits, control, e);
}

void control_ignore(struct control *control)
{
	while (control->clients)
		forget(control->clients);
	if (control->loop)
		loop_remove(control->loop, control->listener);
	control->loop = NULL;
}

/* ---- the directory ---- */

static int prepare(struct control *control, const char *dir, struct error *e)
{
	cleanup_free char *socket_path = str_printf("%s/" CONTROL_SOCKET, dir);
	cleanup_free char *lock_path = str_printf("%s/" CONTROL_LOCK, dir);

	if (!socket_path || !lock_path)
		return error_sys(e, "%s", dir);
	control->lock = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (control->lock < 0)
		return error_sys(e, "%s", lock_path);
	control->listener = unix_socket_listen(socket_path, e);
	return control->listener < 0 ? -1 : 0;
}

struct control *control_open(const char *dir, struct error *e)
{
	struct control *control = calloc(1, sizeof(*control));

	if (!control) {
		error_sys(e, "%s", dir);
		return NULL;
	}
	*control = (struct control){ .listener = -1, .lock = -1 };
	if (prepare(control, dir, e) == 0)
		return control;
	control_close(control);
	return NULL;
}

void control_close(struct control *control)
{
	if (!control)
		return;
	control_ignore(control);
	if (control->listener >= 0)
		close(control->listener);
	if (control->lock >= 0)
		close(control->lock);
	free(control);
}
