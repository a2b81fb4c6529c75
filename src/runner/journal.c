// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/journal.h"

#include <stdio.h>

void journal(const struct task *task, const struct folder *folder, struct event *event)
{
	if (folder->fd < 0)
		return;
	event->restart = task->restart;
	snprintf(event->node, sizeof(event->node), "%s", task->node);
	(void)event_append(folder, event, NULL);
}
