// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/journal.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/uptime.h"

#define UNWRITTEN_MAX 16 /* a disk that is full for long has us forget the oldest */
#define PAUSE	      1	 /* second; nobody tells when there is room again */

/* Events that could not be written, the oldest first: a runner has one journal. */
static struct event unwritten[UNWRITTEN_MAX];
static size_t waiting;
static double due;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void forget_oldest(size_t n)
{
	waiting -= n;
	memmove(unwritten, unwritten + n, waiting * sizeof(*unwritten));
}

static void keep(const struct event *event)
{
	if (waiting == UNWRITTEN_MAX)
		forget_oldest(1);
	unwritten[waiting++] = *event;
}

void journal_catch_up(const struct folder *folder)
{
	size_t n = 0;

	while (n < waiting && event_append(folder, &unwritten[n], NULL) == 0)
		n++;
	if (n > 0)
		forget_oldest(n);
	due = waiting > 0 ? uptime_now() + PAUSE : 0;
}

double journal_due(void)
{
	return due;
}

void journal(const struct task *task, const struct folder *folder, struct event *event)
{
	if (folder->fd < 0)
		return;
	event->restart = task->restart;
	event->time = now();
	snprintf(event->node, sizeof(event->node), "%s", task->node);
	keep(event);
	journal_catch_up(folder);
}
