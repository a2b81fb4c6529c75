/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * task_self.h - what only a thread itself can set: it is made to do so (remote.h).
 */
#ifndef ENGINE_CRIU_TASK_SELF_H
#define ENGINE_CRIU_TASK_SELF_H

#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

/* What an argument is the address of. */
struct task_self_data {
	int argument; /* counted from 0 */
	const void *bytes;
	size_t size;
};

/* Have a thread make a system call. data may be NULL. name is for messages. */
int task_self_call(pid_t tid, const char *name, long number, unsigned long args[6],
		   const struct task_self_data *data, struct error *e);

#endif
