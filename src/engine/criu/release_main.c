// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * criu-release - from inside a job's namespaces, when criu has ended in the middle of a
 * dump: are the job's processes unharmed?
 *
 * What criu traces the kernel lets go when criu ends. But criu may have put code of its
 * own into the processes, which then notices that criu is gone, puts the registers and
 * signal mask back as they were, and lets the process go on; its memory stays mapped.
 * That is waited for here, a second at most, and the memory unmapped. A process that is
 * still in that code by then, or stopped, is harmed.
 *
 * Nothing tells when a process of somebody else's has left some code, so it is looked at
 * every few milliseconds.
 *
 * Prints one sentence and ends with 1 if a process is harmed.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "engine/criu/hook.h"
#include "engine/criu/mapping.h"
#include "engine/criu/remote.h"
#include "engine/sandbox.h"

#define MAX_ENVIRONMENT 65536 /* bytes; criu has three variables */

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

/*
 * Is it criu's, as one that it has begun to try something out on? Nobody else has this in
 * its environment. Stopped, it would stay there for good, and be in the way of the next
 * checkpoint.
 */
static bool is_left_by_criu(int proc, pid_t pid)
{
	static const char variable[] = HOOK_ENV_SOCKET "=";
	cleanup_free char *path = str_printf("%d/environ", pid);
	size_t size = 0;
	cleanup_free char *text =
		path ? file_read(proc, path, MAX_ENVIRONMENT, &size, NULL) : NULL;

	return text && memmem(text, size, variable, strlen(variable));
}

static int clean_all(struct error *e)
{
	cleanup_closedir DIR *dir = opendir("/proc");
	struct dirent *d;

	if (!dir)
		return error_sys(e, "/proc");
	while ((d = readdir(dir))) {
		pid_t pid = atoi(d->d_name);

		if (pid < SANDBOX_FIRST_PID || pid == getpid())
			continue;
		if (is_left_by_criu(dirfd(dir), pid))
			kill(pid, SIGKILL);
		else if (clean(dirfd(dir), pid, e) < 0)
			return -1;
	}
	return 0;
}

int main(void)
{
	struct error e = { .text = "" };
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	if (clean_all(&e) == 0)
		return 0;
	printf("%s\n", e.text);
	return 1;
}
