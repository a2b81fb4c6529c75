/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * task_proc.h - a thread's small files in /proc.
 */
#ifndef ENGINE_CRIU_TASK_PROC_H
#define ENGINE_CRIU_TASK_PROC_H

#include <sys/types.h>

#include "base/error.h"

/* The first line of /proc/TID/name, owned by the caller; NULL if it cannot be read. */
char *task_proc_read(pid_t tid, const char *name);

/* What stands behind "field" at the beginning of one of its lines; the same. */
char *task_proc_find(pid_t tid, const char *name, const char *field);

int task_proc_write(pid_t tid, const char *name, const char *text, struct error *e);

#endif
