// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * task_coredump - what of a process's memory its core dump is to have, and the kernel
 * hands on to its children: /proc/PID/coredump_filter.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "engine/criu/task_proc.h"
#include "engine/criu/task_state.h"

#define NAME "coredump_filter"

static char *coredump_look(pid_t pid)
{
	return task_proc_read(pid, NAME);
}

static int coredump_set(pid_t pid, const char *value, struct task_move *move,
			struct error *e)
{
	cleanup_free char *hex = str_printf("0x%s", value);

	(void)move;
	if (!hex || !*value || strlen(value) > 8 ||
	    value[strspn(value, "0123456789abcdef")] != '\0')
		return error_set(e, "\"%s\" is no filter of core dumps", value);
	return task_proc_write(pid, NAME, hex, e);
}

const struct task_state task_coredump = {
	.name = "coredump",
	.what = "core dump filter",
	.of_process = true,
	.look = coredump_look,
	.set = coredump_set,
};
