// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * criu-adopt ROOT PROGRAM [ARG...] - run "criu restore", and see to it that the job's
 * first process, which is ROOT inside, takes in who has detached from its parents.
 *
 * criu restores such a process, if it is in a session of another's, as the child of a
 * helper that has made that session or is in it; then the helper ends, and the kernel
 * gives the child to the nearest ancestor that is a subreaper. The root has been one from
 * the job's beginning, but criu makes it one again only later. So the child would become
 * that of pid 1, outside of the tree that criu saves the next time.
 *
 * criu is traced until it begins the root, which is then made to call
 * prctl(PR_SET_CHILD_SUBREAPER) before it does anything else. Ends as criu ends, with 128
 * and the signal if one ended it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/children.h"

#include "engine/criu/remote.h"

#define FORKS (PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE)

static int make_subreaper(pid_t root, struct error *e)
{
	const unsigned long args[6] = { PR_SET_CHILD_SUBREAPER, 1 };
	struct remote *r = remote_take(root, e);
	long result = -1;
	int rc;

	if (!r)
		return -1;
	rc = remote_call(r, SYS_prctl, args, &result, e);
	remote_resume(r);
	if (rc == 0 && result < 0) {
		errno = (int)-result;
		rc = error_sys(e, "prctl");
	}
	return rc;
}

/* criu has begun a process. 1: it was the root. */
static int look_at_new(pid_t criu, pid_t root, struct error *e)
{
	unsigned long pid;

	if (ptrace(PTRACE_GETEVENTMSG, criu, 0, &pid) < 0)
		return error_sys(e, "ptrace");
	if ((pid_t)pid == root)
		return make_subreaper(root, e) < 0 ? -1 : 1;
	if (waitpid((pid_t)pid, NULL, __WALL) == (pid_t)pid)
		(void)ptrace(PTRACE_DETACH, (pid_t)pid, 0, 0);
	return 0;
}

/* Until the root is seen to. -1 if criu has ended, with *status, or with a sentence. */
static int follow(pid_t criu, pid_t root, int *status, struct error *e)
{
	for (;;) {
		int rc = 0, signum;

		if (waitpid(criu, status, __WALL) < 0 || !WIFSTOPPED(*status))
			return -1;
		signum = *status >> 16 ? 0 : WSTOPSIG(*status);
		if (signum == 0 && WSTOPSIG(*status) == SIGTRAP)
			rc = look_at_new(criu, root, e);
		if (rc != 0) {
			(void)ptrace(PTRACE_DETACH, criu, 0, 0);
			return rc < 0 ? -1 : 0;
		}
		(void)ptrace(PTRACE_CONT, criu, 0, signum);
	}
}

static void __attribute__((noreturn)) be_criu(char **argv, int traced, pid_t parent)
{
	char byte;

	children_end_with(parent);
	if (read(traced, &byte, 1) == 1)
		execv(argv[0], argv);
	_exit(127);
}

/* Wait for its end, if it has not been seen. */
static int end_as(pid_t criu, int status, bool ended)
{
	while (!ended && waitpid(criu, &status, 0) < 0) {
		if (errno != EINTR)
			return 1;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	struct error e = { 0 };
	int fds[2], status = 0;
	bool ended = false;
	pid_t self = getpid(), criu;

	if (argc < 3 || pipe2(fds, O_CLOEXEC) < 0)
		return 2;
	criu = fork();
	if (criu == 0) {
		close(fds[1]);
		be_criu(argv + 2, fds[0], self);
	}
	if (criu < 0)
		return 2;
	/* Whatever fails here, the job is restored; its next checkpoint may be refused.
	 */
	if (ptrace(PTRACE_SEIZE, criu, 0, FORKS) < 0) {
		error_sys(&e, "ptrace");
		(void)!write(fds[1], "", 1);
	} else {
		(void)!write(fds[1], "", 1);
		ended = follow(criu, atoi(argv[1]), &status, &e) < 0 && !e.text[0];
	}
	if (e.text[0])
		fprintf(stderr, "criu-adopt: %s\n", e.text);
	return end_as(criu, status, ended);
}
