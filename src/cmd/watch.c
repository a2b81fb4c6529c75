// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "cmd/watch.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"

struct watch {
	struct loop *loop;
	int notify;
	int timer;
	long seconds;
	loop_fn changed;
	loop_fn passed;
	void *arg;
};

static int file_changed(void *arg, struct error *e)
{
	struct watch *w = arg;
	char events[4096];

	(void)!read(w->notify, events, sizeof(events));
	return w->changed(w->arg, e);
}

static int second_passed(void *arg, struct error *e)
{
	struct watch *w = arg;
	uint64_t ticks = 0;

	(void)!read(w->timer, &ticks, sizeof(ticks));
	w->seconds += (long)ticks;
	return w->passed(w->arg, e);
}

static int prepare(struct watch *w, struct error *e)
{
	struct itimerspec second = { .it_value.tv_sec = 1, .it_interval.tv_sec = 1 };

	w->loop = loop_new(e);
	if (!w->loop)
		return -1;
	w->notify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	w->timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (w->notify < 0 || w->timer < 0 ||
	    timerfd_settime(w->timer, 0, &second, NULL) < 0)
		return error_sys(e, "cannot wait for events");
	if (loop_add(w->loop, w->notify, file_changed, w, e) < 0)
		return -1;
	return loop_add(w->loop, w->timer, second_passed, w, e);
}

struct watch *watch_new(loop_fn changed, loop_fn passed, void *arg, struct error *e)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (!w) {
		error_sys(e, "cannot wait for events");
		return NULL;
	}
	*w = (struct watch){ .notify = -1,
			     .timer = -1,
			     .changed = changed,
			     .passed = passed,
			     .arg = arg };
	if (prepare(w, e) == 0)
		return w;
	watch_free(w);
	return NULL;
}

void watch_folder(struct watch *watch, const struct folder *folder)
{
	/* The very directory that is open, whatever its path leads to now. */
	cleanup_free char *path = str_printf("/proc/self/fd/%d", folder->fd);

	if (path)
		(void)inotify_add_watch(watch->notify, path, IN_MODIFY | IN_CREATE);
}

int watch_once(struct watch *watch, struct error *e)
{
	return loop_once(watch->loop, e);
}

long watch_seconds(const struct watch *watch)
{
	return watch->seconds;
}

void watch_free(struct watch *watch)
{
	if (!watch)
		return;
	if (watch->notify >= 0)
		close(watch->notify);
	if (watch->timer >= 0)
		close(watch->timer);
	loop_free(watch->loop);
	free(watch);
}
