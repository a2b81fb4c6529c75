// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * task_slice - how many nanoseconds a thread asks to run at a time, since Linux 6.12:
 * sched_setattr(2). The rest of what that sets criu saves. It is of no kind of scheduling
 * but the usual ones.
 */
#define _GNU_SOURCE
#include <limits.h>
#include <sched.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/str.h"
#include "engine/criu/task_state.h"

/* The kernel's struct sched_attr, as it was at first. */
struct attributes {
	uint32_t size;
	uint32_t policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime; /* the slice */
	uint64_t deadline;
	uint64_t period;
};

static int get(pid_t tid, struct attributes *a)
{
	*a = (struct attributes){ 0 };
	if (syscall(SYS_sched_getattr, tid, a, sizeof(*a), 0) < 0)
		return -1;
	a->size = sizeof(*a);
	return a->policy == SCHED_OTHER || a->policy == SCHED_BATCH ? 0 : -1;
}

static char *slice_look(pid_t tid)
{
	struct attributes a;

	return get(tid, &a) < 0 ? NULL
				: str_printf("%llu", (unsigned long long)a.runtime);
}

static int slice_set(pid_t tid, const char *value, struct task_move *move,
		     struct error *e)
{
	struct attributes a;
	unsigned long long runtime;

	(void)move;
	if (str_to_ull(value, LLONG_MAX, &runtime) < 0)
		return error_set(e, "\"%s\" is no time slice", value);
	if (get(tid, &a) < 0)
		return error_sys(e, "sched_getattr");
	a.runtime = runtime;
	if (syscall(SYS_sched_setattr, tid, &a, 0) < 0)
		return error_sys(e, "sched_setattr");
	return 0;
}

const struct task_state task_slice = {
	.name = "slice",
	.what = "time slice",
	.look = slice_look,
	.set = slice_set,
};
