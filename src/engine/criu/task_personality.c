// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * task_personality - what programs that a thread starts find otherwise than usual, as
 * memory without random places: personality(2), as setarch uses it. criu saves it, and
 * does not restore it.
 */
#define _GNU_SOURCE
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "engine/criu/task_proc.h"
#include "engine/criu/task_self.h"
#include "engine/criu/task_state.h"

static char *personality_look(pid_t tid)
{
	return task_proc_read(tid, "personality");
}

static int personality_set(pid_t tid, const char *value, struct task_move *move,
			   struct error *e)
{
	unsigned long args[6] = { 0 };

	(void)move;
	if (strlen(value) != 8 || strspn(value, "0123456789abcdef") != 8)
		return error_set(e, "\"%s\" is no personality", value);
	args[0] = strtoul(value, NULL, 16);
	/* What asks for it, and sets nothing. */
	if (args[0] == UINT_MAX)
		return error_set(e, "\"%s\" is no personality", value);
	return task_self_call(tid, "personality", SYS_personality, args, NULL, e);
}

const struct task_state task_personality = {
	.name = "personality",
	.what = "personality",
	.moment = TASK_RUNNING,
	.look = personality_look,
	.set = personality_set,
};
