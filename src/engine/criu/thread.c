// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/criu/thread.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"

#define MAX_TEXT 4096 /* bytes of a file of /proc */

int thread_wait_stop(pid_t tid)
{
	int status;

	for (;;) {
		if (waitpid(tid, &status, __WALL) < 0)
			return errno == ECHILD ? 0 : -1;
		if (!WIFSTOPPED(status))
			return 0;
		if (status >> 16 == PTRACE_EVENT_STOP)
			return 1;
		if (ptrace(PTRACE_CONT, tid, 0, WSTOPSIG(status)) < 0 && errno != ESRCH)
			return -1;
	}
}

int thread_stop(pid_t tid)
{
	if (ptrace(PTRACE_SEIZE, tid, 0, PTRACE_O_TRACESYSGOOD) < 0 ||
	    ptrace(PTRACE_INTERRUPT, tid, 0, 0) < 0)
		return errno == ESRCH ? 0 : -1;
	return thread_wait_stop(tid);
}

unsigned long thread_place(int proc, pid_t pid, pid_t tid)
{
	cleanup_free char *path = str_printf("%d/task/%d/syscall", pid, tid);
	size_t size;
	cleanup_free char *text =
		path ? file_read(proc, path, MAX_TEXT, &size, NULL) : NULL;
	const char *last = text ? strrchr(text, ' ') : NULL;

	return last ? strtoul(last + 1, NULL, 16) : 0;
}
