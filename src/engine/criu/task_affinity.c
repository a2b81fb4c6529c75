// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * task_affinity - the CPUs on which a thread may run: sched_setaffinity(2), as taskset,
 * OMP_PROC_BIND and the launchers of MPI use it.
 */
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/criu/task_state.h"

/* The C library's calls have sets of 1024. A thread that has ended has none. */
static char *affinity_look(pid_t tid)
{
	struct numbers cpus = { 0 };

	if (syscall(SYS_sched_getaffinity, tid, sizeof(cpus.bits), cpus.bits) < 0)
		return NULL;
	return numbers_format(&cpus);
}

static int affinity_set(pid_t tid, const char *value, struct task_move *move,
			struct error *e)
{
	struct numbers bound, there;

	if (numbers_parse(&bound, value) < 0)
		return error_set(e, "\"%s\" is no list of CPUs", value);
	move->cpus = numbers_move(&there, &bound, &move->had.cpus, &move->has.cpus);
	if (syscall(SYS_sched_setaffinity, tid, sizeof(there.bits), there.bits) < 0)
		return error_sys(e, "sched_setaffinity");
	return 0;
}

const struct task_state task_affinity = {
	.name = "affinity",
	.what = "CPU affinity",
	.look = affinity_look,
	.set = affinity_set,
};
