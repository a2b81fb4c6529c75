// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/criu/timers.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/cleanup.h"

#define TIMER "anon_inode:[timerfd]"

/* The kernel's linux/timerfd.h, which does not go with the C library's header. */
#define SET_TICKS _IOW('T', 0, uint64_t)

static bool is_timer(int fds, const char *name)
{
	char link[sizeof(TIMER)];
	ssize_t n = readlinkat(fds, name, link, sizeof(link));

	return n == (ssize_t)strlen(TIMER) && memcmp(link, TIMER, (size_t)n) == 0;
}

/* Expirations that have not been read. */
static uint64_t ticks_of(const char *pid, const char *fd)
{
	char path[300], line[128];
	cleanup_fclose FILE *f = NULL;
	uint64_t ticks = 0;

	snprintf(path, sizeof(path), "/proc/%s/fdinfo/%s", pid, fd);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "ticks: %" SCNu64, &ticks) == 1)
			break;
	}
	return ticks;
}

static bool is_zero(const struct timespec *t)
{
	return t->tv_sec == 0 && t->tv_nsec == 0;
}

/* One that has expired since it was restored starts again by being asked. */
static void rearm(int timer, uint64_t ticks)
{
	struct itimerspec spec;

	if (ticks == 0 || timerfd_gettime(timer, &spec) < 0 || !is_zero(&spec.it_value) ||
	    is_zero(&spec.it_interval))
		return;
	spec.it_value = spec.it_interval;
	if (timerfd_settime(timer, 0, &spec, NULL) == 0)
		(void)ioctl(timer, SET_TICKS, &ticks);
}

static void rearm_timers_of(const char *pid)
{
	char path[300];
	cleanup_closedir DIR *dir = NULL;
	cleanup_close int pidfd = -1;
	struct dirent *d;

	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	dir = opendir(path);
	while (dir && (d = readdir(dir))) {
		cleanup_close int timer = -1;

		if (!is_timer(dirfd(dir), d->d_name))
			continue;
		if (pidfd < 0)
			pidfd = (int)syscall(SYS_pidfd_open, atoi(pid), 0);
		timer = (int)syscall(SYS_pidfd_getfd, pidfd, atoi(d->d_name), 0);
		if (timer >= 0)
			rearm(timer, ticks_of(pid, d->d_name));
	}
}

void timers_rearm(void)
{
	cleanup_closedir DIR *proc = opendir("/proc");
	struct dirent *d;

	while (proc && (d = readdir(proc))) {
		if (atoi(d->d_name) > 1)
			rearm_timers_of(d->d_name);
	}
}
