// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/app/done_file.h"

#include <errno.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define LOOK 1 /* second between two looks */

static void look(const struct done_file *done, struct stat *st)
{
	if (stat(done->path, st) < 0)
		*st = (struct stat){ 0 };
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev &&
	       a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	       a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static bool has_changed(const struct done_file *done, const struct stat *now)
{
	return now->st_ino != 0 && !is_same(now, &done->before);
}

static int directory_changed(void *arg, struct error *e)
{
	struct done_file *done = arg;
	alignas(struct inotify_event) char events[4096];
	ssize_t n = read(done->watch, events, sizeof(events));
	struct stat now;

	(void)e;
	for (char *at = events; at < events + n;) {
		const struct inotify_event *event = (const void *)at;

		at += sizeof(*event) + event->len;
		if (!event->len || strcmp(event->name, done->name) != 0)
			continue;
		look(done, &now);
		done->there = done->there || has_changed(done, &now);
	}
	return 0;
}

static int second_passed(void *arg, struct error *e)
{
	struct done_file *done = arg;
	uint64_t count;
	struct stat now;

	(void)e;
	(void)!read(done->timer, &count, sizeof(count));
	look(done, &now);
	if (has_changed(done, &now) && is_same(&now, &done->last))
		done->there = true;
	done->last = now;
	return 0;
}

/* The directory in which path is, and its name there. */
static int split(struct done_file *done)
{
	const char *slash = strrchr(done->path, '/');

	done->name = slash ? slash + 1 : done->path;
	if (!slash)
		done->dir = strdup(".");
	else
		done->dir = strndup(done->path, (size_t)(slash - done->path) + 1);
	return done->dir ? 0 : -1;
}

int done_file_open(struct done_file *done, const char *path, struct loop *loop,
		   struct error *e)
{
	const struct itimerspec second = { { LOOK, 0 }, { LOOK, 0 } };

	*done = (struct done_file){
		.path = path, .loop = loop, .watch = -1, .timer = -1
	};
	done->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	done->timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (split(done) < 0 || done->watch < 0 || done->timer < 0 ||
	    timerfd_settime(done->timer, 0, &second, NULL) < 0)
		return error_sys(e, "%s", path);
	/* The job may make the directory later: the looks find that. */
	if (inotify_add_watch(done->watch, done->dir, IN_CLOSE_WRITE | IN_MOVED_TO) < 0 &&
	    errno != ENOENT)
		return error_sys(e, "%s", done->dir);
	look(done, &done->before);
	done->last = done->before;
	if (loop_add(loop, done->watch, directory_changed, done, e) < 0)
		return -1;
	return loop_add(loop, done->timer, second_passed, done, e);
}

static void close_fd(struct loop *loop, int fd)
{
	if (fd < 0)
		return;
	loop_remove(loop, fd);
	close(fd);
}

void done_file_close(struct done_file *done)
{
	if (!done->loop)
		return;
	close_fd(done->loop, done->watch);
	close_fd(done->loop, done->timer);
	free(done->dir);
	*done = (struct done_file){ .watch = -1, .timer = -1 };
}
