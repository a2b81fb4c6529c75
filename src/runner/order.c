// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/order.h"

#include <signal.h>
#include <string.h>

#include "runner/apart.h"

bool order_is_waiting(void)
{
	sigset_t pending;

	return sigpending(&pending) == 0 && sigismember(&pending, SIGCONT) == 1;
}

/* Before slurmctld gives the order it has the job end, be requeued, or be preempted. */
bool order_is_mistaken(const struct task *task, const struct folder *folder)
{
	struct job_view view;

	return task->restart > 0 && task->warned &&
	       folder_check_ours(folder, NULL) == 0 &&
	       apart_read_for_sure(task->job, &view, NULL) == 0 && view.running &&
	       !view.preempted && view.restarts == task->restart &&
	       !strcmp(view.host, task->node);
}
