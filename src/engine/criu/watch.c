// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/criu/watch.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/process_stat.h"
#include "base/str.h"
#include "base/uptime.h"
#include "engine/tree.h"

/* ---- processes ---- */

/* criu has been put into the namespace from outside, and so has no parent there. */
static bool is_criu(const struct process_stat *p, pid_t criu)
{
	return p->parent == 0 || (criu && p->parent == criu);
}

struct look {
	const struct watch *watch;
	int proc;
	pid_t criu;
	uint64_t ticks;
	bool waits_for_disk;
	bool is_stopped; /* criu: what it has seized may run on, and does it no good */
};

/* Those below are init and what belongs to the network. */
static void look_at(struct look *l, const char *pid)
{
	struct process_stat p;

	if (atoi(pid) < SANDBOX_FIRST_PID || process_stat_read(&p, l->proc, pid) < 0)
		return;
	if (p.parent == 0) {
		l->criu = atoi(pid);
		l->is_stopped = p.state == 'T';
	}
	if (!is_criu(&p, l->criu) && l->watch->what == WATCH_DUMP &&
	    !tree_is_traced(l->proc, atoi(pid)))
		return;
	l->ticks += p.ticks;
	l->waits_for_disk = l->waits_for_disk || p.state == 'D';
}

static void look_at_processes(struct look *l)
{
	cleanup_free char *path = str_printf("/proc/%d/root/proc", l->watch->sb->init);
	cleanup_closedir DIR *dir = path ? opendir(path) : NULL;
	struct dirent *d;

	if (!dir)
		return;
	l->proc = dirfd(dir);
	while ((d = readdir(dir))) {
		if (atoi(d->d_name) > 1)
			look_at(l, d->d_name);
	}
}

/* ---- the watch ---- */

static int look(void *arg, struct error *e)
{
	struct watch *w = arg;
	struct look l = { .watch = w };
	uint64_t count, sum;

	(void)!read(w->timer, &count, sizeof(count));
	look_at_processes(&l);
	sum = l.ticks + (w->bytes ? w->bytes(w->arg) : 0);
	if (!l.is_stopped && (sum != w->last || l.waits_for_disk))
		watch_excuse(w);
	w->last = sum;
	if (uptime_now() - w->moved < WATCH_LIMIT)
		return 0;
	watch_stop(w);
	return w->stands(w->arg, e);
}

int watch_start(struct watch *w, struct loop *loop, struct error *e)
{
	const struct itimerspec every = { .it_interval.tv_sec = 1, .it_value.tv_sec = 1 };

	w->loop = loop;
	w->last = 0;
	watch_excuse(w);
	w->timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (w->timer < 0 || timerfd_settime(w->timer, 0, &every, NULL) < 0)
		return error_sys(e, "timer");
	return loop_add(loop, w->timer, look, w, e);
}

void watch_excuse(struct watch *w)
{
	w->moved = uptime_now();
}

void watch_stop(struct watch *w)
{
	if (!w->loop || w->timer < 0)
		return;
	loop_remove(w->loop, w->timer);
	close(w->timer);
	w->timer = -1;
}
