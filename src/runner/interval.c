// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "runner/interval.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "plan/interval.h"
#include "runner/journal.h"

int interval_open(struct interval *interval)
{
	interval->timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	return interval->timer < 0 ? -1 : 0;
}

/* What an interval was chosen by, in the job's history. */
static void tell(struct interval *interval, const struct task *task,
		 const struct folder *folder, long seconds, double cost)
{
	struct event event = { .type = EVENT_INTERVAL, .seconds = (double)seconds };

	if (cost > 0)
		snprintf(event.text, sizeof(event.text),
			 "a checkpoint takes %.3f s, and a node of the job is taken to "
			 "fail every %.0f hours",
			 cost, task->mtbf / 3600);
	else
		snprintf(event.text, sizeof(event.text),
			 "it is not known yet what a checkpoint takes, and a node of the "
			 "job is taken to fail every %.0f hours",
			 task->mtbf / 3600);
	journal(task, folder, &event);
	interval->chosen = seconds;
}

int interval_set(struct interval *interval, const struct task *task,
		 const struct folder *folder, double cost)
{
	struct itimerspec when = { .it_value.tv_sec = task->interval };

	if (task->interval == CONF_INTERVAL_AUTO) {
		long seconds = interval_daly(cost, task->mtbf);

		if (labs(seconds - interval->chosen) > interval->chosen / 4)
			tell(interval, task, folder, seconds, cost);
		when.it_value.tv_sec = seconds;
	}
	return timerfd_settime(interval->timer, 0, &when, NULL);
}

void interval_drain(const struct interval *interval)
{
	uint64_t count;

	(void)!read(interval->timer, &count, sizeof(count));
}
