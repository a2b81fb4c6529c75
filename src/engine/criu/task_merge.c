// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * task_merge - whether the kernel may merge equal pages of all that a process maps from
 * now on: PR_SET_MEMORY_MERGE. Newer kernels show it. What is mapped already criu saves.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "engine/criu/task_proc.h"
#include "engine/criu/task_self.h"
#include "engine/criu/task_state.h"

#ifndef PR_SET_MEMORY_MERGE
#define PR_SET_MEMORY_MERGE 67
#endif

static char *merge_look(pid_t pid)
{
	return task_proc_find(pid, "ksm_stat", "ksm_merge_any: ");
}

static int merge_set(pid_t pid, const char *value, struct task_move *move,
		     struct error *e)
{
	unsigned long args[6] = { PR_SET_MEMORY_MERGE, strcmp(value, "yes") == 0 };

	(void)move;
	if (args[1] == 0 && strcmp(value, "no") != 0)
		return error_set(e, "\"%s\" is neither yes nor no", value);
	return task_self_call(pid, "prctl", SYS_prctl, args, NULL, e);
}

const struct task_state task_merge = {
	.name = "merge",
	.what = "merging of memory",
	.of_process = true,
	.moment = TASK_RUNNING,
	.look = merge_look,
	.set = merge_set,
};
