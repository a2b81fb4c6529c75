// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "base/loop.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROOM 64 /* descriptors that are there from the beginning */

/* Before the kernel is asked again that has no memory for the question. */
static const struct timespec breath = { .tv_nsec = 10 * 1000 * 1000 };

struct source {
	loop_fn fn;
	void *arg;
};

struct loop {
	struct pollfd *fds;
	struct source *sources; /* of the same places */
	size_t count, room;
	size_t next; /* the place that is looked at first, so that all have their turn */
};

static int make_room(struct loop *loop, size_t room)
{
	struct pollfd *fds = reallocarray(loop->fds, room, sizeof(*fds));
	struct source *sources;

	if (!fds)
		return -1;
	loop->fds = fds;
	sources = reallocarray(loop->sources, room, sizeof(*sources));
	if (!sources)
		return -1;
	loop->sources = sources;
	loop->room = room;
	return 0;
}

struct loop *loop_new(struct error *e)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (loop && make_room(loop, ROOM) == 0)
		return loop;
	error_sys(e, "event loop");
	loop_free(loop);
	return NULL;
}

/* The place of a descriptor, or the one after the last. */
static size_t place_of(const struct loop *loop, int fd)
{
	size_t i = 0;

	while (i < loop->count && loop->fds[i].fd != fd)
		i++;
	return i;
}

int loop_add(struct loop *loop, int fd, loop_fn fn, void *arg, struct error *e)
{
	size_t i = place_of(loop, fd);

	if (fd < 0) {
		errno = EBADF;
		return error_sys(e, "event loop");
	}
	if (i == loop->room && make_room(loop, 2 * loop->room) < 0)
		return error_sys(e, "event loop");
	loop->fds[i] = (struct pollfd){ .fd = fd, .events = POLLIN };
	loop->sources[i] = (struct source){ fn, arg };
	if (i == loop->count)
		loop->count++;
	return 0;
}

void loop_remove(struct loop *loop, int fd)
{
	size_t i = place_of(loop, fd);

	if (fd < 0 || i == loop->count)
		return;
	loop->count--;
	loop->fds[i] = loop->fds[loop->count];
	loop->sources[i] = loop->sources[loop->count];
}

/* One that is ready, or NULL. */
static const struct source *choose(struct loop *loop)
{
	for (size_t n = 0; n < loop->count; n++) {
		size_t i = (loop->next + n) % loop->count;

		if (!loop->fds[i].revents)
			continue;
		loop->next = i + 1;
		return &loop->sources[i];
	}
	return NULL;
}

int loop_wait(struct loop *loop, int ms, struct error *e)
{
	const struct source *found;
	struct source source;

	/* One at a time: what one function does may make another's event void. */
	while (poll(loop->fds, loop->count, ms) < 0) {
		if (errno != EINTR)
			(void)nanosleep(&breath, NULL);
		if (ms >= 0)
			return 0;
	}
	found = choose(loop);
	if (!found)
		return 0;
	source = *found;
	return source.fn(source.arg, e);
}

int loop_once(struct loop *loop, struct error *e)
{
	return loop_wait(loop, -1, e);
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	free(loop->fds);
	free(loop->sources);
	free(loop);
}
