/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * task_self.h - what only a thread itself can set: it is made to do so (remote.h).
 */
#ifndef ENGINE_CRIU_TASK_SELF_H
#define ENGINE_CRIU_TASK_SELF_H

#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

/*
 * Have a thread make a system call. With data, its second argument becomes the address at
 * which the thread finds these bytes. name is for messages.
 */
int task_self_call(pid_t tid, const char *name, long number, unsigned long args[6],
		   const void *data, size_t size, struct error *e);

#endif
