/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * process_stat.h - what the kernel tells of a process in /proc/PID/stat (proc(5)).
 */
#ifndef BASE_PROCESS_STAT_H
#define BASE_PROCESS_STAT_H

#include <stdint.h>
#include <sys/types.h>

struct process_stat {
	char state; /* as ps(1) has it; 'Z' also of a process whose first thread ended */
	pid_t parent, group, session; /* 0: outside of the namespace of this /proc */
	unsigned int flags;	      /* PF_... of the kernel */
	uint64_t ticks; /* of CPU time, also of children that were waited for */
	int threads;	/* that are left */
	uint64_t
		start; /* ticks after the node was booted; sysconf(_SC_CLK_TCK) a second */
};

/*
 * Of a process or a thread: directory is "PID" or "PID/task/TID", below /proc, which is
 * open at proc. -1 if it is gone.
 */
int process_stat_read(struct process_stat *stat, int proc, const char *directory);

/* The same of the process with this number. */
int process_stat_of(struct process_stat *stat, int proc, pid_t pid);

/* Seconds since it was started. */
double process_stat_age(const struct process_stat *stat);

#endif
