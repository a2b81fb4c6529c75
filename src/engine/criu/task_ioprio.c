// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * task_ioprio - a thread's I/O priority: ioprio_set(2), as ionice uses it.
 */
#define _GNU_SOURCE
#include <limits.h>
#include <linux/ioprio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/str.h"
#include "engine/criu/task_state.h"

static char *ioprio_look(pid_t tid)
{
	long value = syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, tid);

	return value < 0 ? NULL : str_printf("%ld", value);
}

static int ioprio_set(pid_t tid, const char *value, struct task_move *move,
		      struct error *e)
{
	unsigned long long number;

	(void)move;
	if (str_to_ull(value, USHRT_MAX, &number) < 0)
		return error_set(e, "\"%s\" is no I/O priority", value);
	if (syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, tid, (int)number) < 0)
		return error_sys(e, "ioprio_set");
	return 0;
}

const struct task_state task_ioprio = {
	.name = "ioprio",
	.what = "I/O priority",
	.look = ioprio_look,
	.set = ioprio_set,
};
