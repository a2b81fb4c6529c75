// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * task_memory - from which NUMA nodes a thread gets memory: set_mempolicy(2), as numactl
 * uses it.
 *
 * Nobody can ask for another thread's, but numa_maps shows it for each mapping that has
 * no policy of its own; the first, a program's beginning, hardly has. It can only be set
 * by the thread itself, which is made to do so.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>

#include "base/cleanup.h"
#include "engine/criu/task_policy.h"
#include "engine/criu/task_proc.h"
#include "engine/criu/task_self.h"
#include "engine/criu/task_state.h"

static char *memory_look(pid_t tid)
{
	cleanup_free char *line = task_proc_read(tid, "numa_maps");

	return line ? policy_of_line(line) : NULL;
}

static int memory_set(pid_t tid, const char *value, struct task_move *move,
		      struct error *e)
{
	unsigned long args[6] = { 0 };
	struct policy policy;
	const struct task_self_data nodes = { .argument = 1,
					      .bytes = policy.nodes,
					      .size = sizeof(policy.nodes) };

	if (policy_parse(&policy, value, move) < 0)
		return error_set(e, "\"%s\" is no memory policy", value);
	args[0] = (unsigned long)policy.mode;
	args[2] = policy.has_nodes ? POLICY_MAXNODE : 0;
	return task_self_call(tid, "set_mempolicy", SYS_set_mempolicy, args,
			      policy.has_nodes ? &nodes : NULL, e);
}

const struct task_state task_memory = {
	.name = "memory",
	.what = "memory policy",
	.moment = TASK_RUNNING,
	.look = memory_look,
	.set = memory_set,
};
