// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * task_timerslack - by how many nanoseconds a thread's timed waits may be late:
 * PR_SET_TIMERSLACK. That of another one takes CAP_SYS_NICE in its user namespace.
 */
#include <limits.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "engine/criu/task_proc.h"
#include "engine/criu/task_state.h"

#define NAME "timerslack_ns"

static char *timerslack_look(pid_t tid)
{
	return task_proc_read(tid, NAME);
}

static int timerslack_set(pid_t tid, const char *value, struct task_move *move,
			  struct error *e)
{
	unsigned long long number;

	(void)move;
	/* 0 would be the thread's default. */
	if (str_to_ull(value, LLONG_MAX, &number) < 0 || number == 0)
		return error_set(e, "\"%s\" is no timer slack", value);
	return task_proc_write(tid, NAME, value, e);
}

const struct task_state task_timerslack = {
	.name = "timerslack",
	.what = "timer slack",
	.look = timerslack_look,
	.set = timerslack_set,
};
