/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * remote.h - have a process of the job make system calls that it does not know of.
 *
 * All its threads are stopped by ptrace(2). One of them makes the calls, by an
 * instruction for it that the process has mapped already: nothing of the process's memory
 * is written to. Then its registers are put back, and it goes on with what it was in the
 * middle of; a system call that was interrupted is taken up again by the kernel.
 *
 * Race: if this program is killed in the middle of a call, the process goes on with the
 * registers of that call, and dies. It is a few microseconds long.
 */
#ifndef ENGINE_CRIU_REMOTE_H
#define ENGINE_CRIU_REMOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

struct remote;

/*
 * Stop a process. NULL if it has gone, or with a sentence in e if it cannot be done;
 * *gone tells which.
 */
struct remote *remote_stop(pid_t pid, bool *gone, struct error *e);

/* The same of one thread alone; the others of its process run on. */
struct remote *remote_stop_thread(pid_t tid, struct error *e);

/*
 * A process that has just been begun by one that is traced with PTRACE_SEIZE, and its
 * forks too: it stands at its first instruction. NULL with a sentence, and it goes on.
 */
struct remote *remote_take(pid_t pid, struct error *e);

/*
 * What the system call gives back there: -errno on failure. Without so much as a call
 * having been made: -1 and a sentence in e; *result is not set then.
 */
int remote_call(struct remote *r, long number, const unsigned long args[6], long *result,
		struct error *e);

/* Address of as many bytes below its stack, with which it does nothing while it is
 * stopped.
 */
unsigned long remote_room(const struct remote *r, size_t size);

/* Write to its memory at an address, for a call's argument. */
int remote_write(struct remote *r, unsigned long at, const void *data, size_t size,
		 struct error *e);

/* Is one of its threads at an address from start on, and before end? */
bool remote_is_at(const struct remote *r, unsigned long start, unsigned long end);

/* Have it go on as if nothing had been. */
void remote_resume(struct remote *r);

#endif
