/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * thread.h - stop a thread of the job for a moment by ptrace(2), and see where it is.
 */
#ifndef ENGINE_CRIU_THREAD_H
#define ENGINE_CRIU_THREAD_H

#include <sys/types.h>

/*
 * Begin to trace it, and have it stop. 1 if it stands; 0 if it has ended, or will before
 * it does anything more in its program; -1 and errno. PTRACE_DETACH has it continue.
 */
int thread_stop(pid_t tid);

/* Until one that is traced stops for us. Signals that come before are its own. As above. */
int thread_wait_stop(pid_t tid);

/*
 * The address in its program at which a thread is that stands, or waits in a system call;
 * 0 if that is not told. proc is /proc.
 */
unsigned long thread_place(int proc, pid_t pid, pid_t tid);

#endif
