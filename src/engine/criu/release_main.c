// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * criu-release [PID]... - from inside a job's namespaces, when criu was ended in the
 * middle of a dump: are the job's processes unharmed, and those named alive?
 *
 * What criu traces the kernel lets go when criu ends. But criu may have put code of its
 * own into the processes, which then notices that criu is gone, puts the registers and
 * signal mask back as they were, and lets the process go on; its memory stays mapped.
 * That is waited for here, a second at most, and the memory unmapped. A process that is
 * still in that code by then, or stopped, is harmed. So is one that criu was just having
 * make a system call, with the registers and some of the code written over.
 *
 * Nothing tells when a process of somebody else's has left some code, so it is looked at
 * every few milliseconds.
 *
 * Prints one sentence and ends with 1 if a process is harmed.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/process_stat.h"
#include "base/str.h"
#include "engine/criu/call.h"
#include "engine/criu/hook.h"
#include "engine/criu/mapping.h"
#include "engine/criu/remote.h"
#include "engine/criu/thread.h"
#include "engine/sandbox.h"

#define MAX_ENVIRONMENT 65536 /* bytes; criu has some variables */
#define END_LIMIT	5000  /* milliseconds; it takes one, unless a disk has it wait */

#define TRIES 100
#define PAUSE 10000000 /* nanoseconds */

static int unmap(struct remote *r, const struct mapping *m, struct error *e)
{
	const unsigned long args[6] = { m->start, m->end - m->start };
	long result = -1;

	if (remote_call(r, SYS_munmap, args, &result, e) < 0)
		return -1;
	return result == 0 ? 0 : error_set(e, "criu's memory cannot be unmapped");
}

/*
 * 1 if there is none; 0 if there was, and is perhaps none by now; -1 if that fails. Who
 * is just ending cannot be stopped: it has none when it is looked at again.
 */
static int clean_once(int proc, pid_t pid, struct error *e)
{
	const struct mapping *code;
	struct mappings maps;
	struct remote *r;
	bool gone;
	int rc = 0;

	if (mappings_read(&maps, proc, pid) < 0 ||
	    !(code = mappings_find(&maps, CRIU_CODE))) {
		mappings_free(&maps);
		return 1;
	}
	r = remote_stop(pid, &gone, e);
	if (r && !remote_is_at(r, code->start, code->end))
		rc = unmap(r, code, e);
	else if (r)
		error_set(e, "process %d is still in criu's hands", pid);
	if (r)
		remote_resume(r);
	mappings_free(&maps);
	return rc;
}

static int clean(int proc, pid_t pid, struct error *e)
{
	const struct timespec pause = { .tv_nsec = PAUSE };

	for (int i = 0; i < TRIES; i++) {
		int rc = clean_once(proc, pid, e);

		if (rc != 0)
			return rc > 0 ? 0 : -1;
		nanosleep(&pause, NULL);
	}
	return -1;
}

/* ---- what it may have left ---- */

static bool is_code(const struct mappings *maps, unsigned long place)
{
	for (size_t i = 0; i < maps->count; i++) {
		const struct mapping *m = &maps->list[i];

		if (place >= m->start && place < m->end)
			return m->prot & PROT_EXEC;
	}
	return false;
}

/* One that stands. */
static bool is_harmed(int proc, pid_t pid)
{
	unsigned long place = thread_place(proc, pid, pid);
	struct mappings maps;
	bool harmed = mappings_read(&maps, proc, pid) < 0 ||
		      (place && !is_code(&maps, place)) || call_is_left(&maps, proc, pid);

	mappings_free(&maps);
	return harmed;
}

/* Does a thread live on that is not the first? */
static bool has_other(int proc, pid_t pid)
{
	cleanup_free char *path = str_printf("%d/task", pid);
	cleanup_closedir DIR *dir = path ? file_open_dir(proc, path) : NULL;
	struct dirent *d;

	while (dir && (d = readdir(dir))) {
		pid_t tid = atoi(d->d_name);

		if (tid <= 0 || tid == pid || thread_stop(tid) != 1)
			continue;
		(void)ptrace(PTRACE_DETACH, tid, 0, 0);
		return true;
	}
	return false;
}

/*
 * 1 if a process continues as if nothing had been, 0 if it has ended or is about to, -1 if
 * it was harmed. It is stopped for that: who is about to end of what criu has left it
 * with, as while its memory is written to a file, does not stop any more.
 */
static int look(int proc, pid_t pid, struct error *e)
{
	int stands = thread_stop(pid);
	bool harmed;

	if (stands != 1)
		return has_other(proc, pid);
	harmed = is_harmed(proc, pid);
	(void)ptrace(PTRACE_DETACH, pid, 0, 0);
	return harmed ? error_set(e, "process %d is harmed by it", pid) : 1;
}

/* ---- criu itself ---- */

/*
 * Is it criu, which has been put into the namespace from outside, or a child of its, as one
 * that it has begun to try something out on? Nobody else has this in its environment. A
 * child that stands would stay there for good, and be in the way of the next checkpoint.
 */
static bool is_criu(int proc, pid_t pid)
{
	static const char variable[] = HOOK_ENV_SOCKET "=";
	cleanup_free char *path = str_printf("%d/environ", pid);
	size_t size = 0;
	cleanup_free char *text =
		path ? file_read(proc, path, MAX_ENVIRONMENT, &size, NULL) : NULL;
	struct process_stat stat;

	if (process_stat_of(&stat, proc, pid) < 0 || stat.state == 'Z' ||
	    stat.state == 'X')
		return false;
	return stat.parent == 0 ||
	       (text && memmem(text, size, variable, strlen(variable)));
}

/* By its end the kernel has let go what it traced. */
static int end(pid_t pid, struct error *e)
{
	cleanup_close int process = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd gone = { .fd = process, .events = POLLIN };
	int n;

	if (process < 0)
		return errno == ESRCH ? 0 : error_sys(e, "pidfd_open");
	(void)syscall(SYS_pidfd_send_signal, process, SIGKILL, NULL, 0);
	while ((n = poll(&gone, 1, END_LIMIT)) < 0 && errno == EINTR)
		;
	return n > 0 ? 0 : error_set(e, "criu does not end, though it was killed");
}

/* How many of its processes were still there. */
static int end_some(DIR *dir, struct error *e)
{
	struct dirent *d;
	int count = 0;

	rewinddir(dir);
	while ((d = readdir(dir))) {
		pid_t pid = atoi(d->d_name);

		if (pid < SANDBOX_FIRST_PID || pid == getpid() ||
		    !is_criu(dirfd(dir), pid))
			continue;
		if (end(pid, e) < 0)
			return -1;
		count++;
	}
	return count;
}

/* Until there are none: one may have begun another meanwhile. */
static int end_criu(DIR *dir, struct error *e)
{
	int count;

	while ((count = end_some(dir, e)) > 0)
		;
	return count;
}

/* ---- all of it ---- */

static int look_at_all(DIR *dir, struct error *e)
{
	struct dirent *d;

	rewinddir(dir);
	while ((d = readdir(dir))) {
		pid_t pid = atoi(d->d_name);

		if (pid < SANDBOX_FIRST_PID || pid == getpid())
			continue;
		if (clean(dirfd(dir), pid, e) < 0 || look(dirfd(dir), pid, e) < 0)
			return -1;
	}
	return 0;
}

static int look_for(DIR *dir, char *const *pids, struct error *e)
{
	for (; *pids; pids++) {
		int rc = look(dirfd(dir), atoi(*pids), e);

		if (rc == 0)
			return error_set(e, "process %s has died of it", *pids);
		if (rc < 0)
			return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	cleanup_closedir DIR *proc = opendir("/proc");
	struct error e = { .text = "" };
	sigset_t all;

	(void)argc;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	if (!proc)
		error_sys(&e, "/proc");
	else if (end_criu(proc, &e) == 0 && look_at_all(proc, &e) == 0 &&
		 look_for(proc, argv + 1, &e) == 0)
		return 0;
	printf("%s\n", e.text);
	return 1;
}
