// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "base/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

struct source {
	loop_fn fn;
	void *arg;
};

struct loop {
	int epoll;
	struct source *sources; /* by descriptor */
	size_t room;
};

struct loop *loop_new(struct error *e)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (loop && (loop->epoll = epoll_create1(EPOLL_CLOEXEC)) >= 0)
		return loop;
	error_sys(e, "event loop");
	free(loop);
	return NULL;
}

static int make_room(struct loop *loop, size_t fd)
{
	size_t room = fd < 32 ? 64 : 2 * fd;
	struct source *grown;

	if (fd < loop->room)
		return 0;
	grown = reallocarray(loop->sources, room, sizeof(*grown));
	if (!grown)
		return -1;
	memset(grown + loop->room, 0, (room - loop->room) * sizeof(*grown));
	loop->sources = grown;
	loop->room = room;
	return 0;
}

int loop_add(struct loop *loop, int fd, loop_fn fn, void *arg, struct error *e)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	if (make_room(loop, (size_t)fd) < 0 ||
	    epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
		return error_sys(e, "event loop");
	loop->sources[fd] = (struct source){ fn, arg };
	return 0;
}

void loop_remove(struct loop *loop, int fd)
{
	if (fd < 0 || (size_t)fd >= loop->room || !loop->sources[fd].fn)
		return;
	(void)epoll_ctl(loop->epoll, EPOLL_CTL_DEL, fd, NULL);
	loop->sources[fd].fn = NULL;
}

int loop_once(struct loop *loop, struct error *e)
{
	struct epoll_event event;
	struct source *source;
	int n;

	/* One at a time: what one function does may make another's event void. */
	while ((n = epoll_wait(loop->epoll, &event, 1, -1)) < 0 && errno == EINTR)
		;
	if (n < 0)
		return error_sys(e, "event loop");
	source = &loop->sources[event.data.fd];
	return source->fn ? source->fn(source->arg, e) : 0;
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	close(loop->epoll);
	free(loop->sources);
	free(loop);
}
