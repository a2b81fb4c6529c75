// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * inject - run a program, and have one system call of its processes fail.
 *
 *	inject LIST [ROLE CALL NTH ERRNO] -- PROGRAM [ARGUMENT...]
 *
 * A process's role is "0", and that of the Nth process that it makes "0.N". The NTH call
 * of that number by the process of that role is not made, and returns that error. At the
 * end LIST has a line "ROLE CALL COUNT" for each call that a role has made, and the word
 * "hit" if one has failed. By ptrace(2), so calls within libraries are reached as well;
 * a process that executes another program is let go, for the jobs are to be nobody's.
 * The calls count from the first rt_sigprocmask(2) on: what comes before is the loader's.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define CALLS 512

struct task {
	struct task *next;
	pid_t pid;
	bool known; /* its parent has told of it */
	bool waits; /* it has stopped before that */
	bool fails; /* the call that it is in */
	unsigned int children;
	unsigned int counts[CALLS];
	char role[64];
};

static struct task *tasks;
static struct {
	const char *role;
	long call, nth, error;
} wanted;
static bool counting, hit;

static struct task *find(pid_t pid)
{
	struct task *t = tasks;

	while (t && t->pid != pid)
		t = t->next;
	if (t)
		return t;
	t = calloc(1, sizeof(*t));
	t->pid = pid;
	t->next = tasks;
	return tasks = t;
}

static void resume(pid_t pid, int signum)
{
	ptrace(PTRACE_SYSCALL, pid, 0, signum);
}

static void enter(struct task *t, unsigned long call)
{
	struct user_regs_struct regs;

	if (call == SYS_rt_sigprocmask)
		counting = true;
	if (!counting || call >= CALLS)
		return;
	t->counts[call]++;
	if (!wanted.role || hit || (long)call != wanted.call ||
	    t->counts[call] != (unsigned int)wanted.nth ||
	    strcmp(t->role, wanted.role) != 0)
		return;
	ptrace(PTRACE_GETREGS, t->pid, 0, &regs);
	regs.orig_rax = (unsigned long long)-1;
	ptrace(PTRACE_SETREGS, t->pid, 0, &regs);
	t->fails = hit = true;
}

static void leave(struct task *t)
{
	struct user_regs_struct regs;

	if (!t->fails)
		return;
	ptrace(PTRACE_GETREGS, t->pid, 0, &regs);
	regs.rax = (unsigned long long)-wanted.error;
	ptrace(PTRACE_SETREGS, t->pid, 0, &regs);
	t->fails = false;
}

static void at_call(struct task *t)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, t->pid, sizeof(info), &info) <= 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
		enter(t, info.entry.nr);
	else if (info.op == PTRACE_SYSCALL_INFO_EXIT)
		leave(t);
}

static void made(struct task *parent)
{
	unsigned long pid = 0;
	struct task *child;

	ptrace(PTRACE_GETEVENTMSG, parent->pid, 0, &pid);
	child = find((pid_t)pid);
	snprintf(child->role, sizeof(child->role), "%.50s.%u", parent->role,
		 ++parent->children);
	child->known = true;
	if (child->waits)
		resume(child->pid, 0);
}

/* false: it is not ours any more. */
static bool stopped(struct task *t, int status, bool *began)
{
	int event = status >> 16, signum = WSTOPSIG(status);

	switch (event) {
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
	case PTRACE_EVENT_CLONE:
		made(t);
		break;
	case PTRACE_EVENT_EXEC:
		if (*began) {
			ptrace(PTRACE_DETACH, t->pid, 0, 0);
			return false;
		}
		*began = true;
		break;
	case PTRACE_EVENT_STOP:
		if (!t->known) {
			t->waits = true;
			return true;
		}
		break;
	default:
		if (signum == (SIGTRAP | 0x80)) {
			at_call(t);
			break;
		}
		resume(t->pid, signum);
		return true;
	}
	resume(t->pid, 0);
	return true;
}

static void write_list(FILE *list)
{
	for (struct task *t = tasks; t; t = t->next) {
		for (int i = 0; i < CALLS; i++) {
			if (t->counts[i])
				fprintf(list, "%s %d %u\n", t->role, i, t->counts[i]);
		}
	}
	if (hit)
		fputs("hit\n", list);
	fclose(list);
}

static void trace(pid_t program, FILE *list, int ready)
{
	bool began = false;
	int status;
	pid_t pid;
	struct task *first = find(program);

	strcpy(first->role, "0");
	first->known = true;
	if (ptrace(PTRACE_SEIZE, program, 0,
		   PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
			   PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC) < 0) {
		perror("inject: ptrace");
		_exit(1);
	}
	ptrace(PTRACE_INTERRUPT, program, 0, 0);
	if (write(ready, "", 1) != 1)
		_exit(1);
	close(ready);
	while ((pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
		if (pid > 0 && WIFSTOPPED(status))
			stopped(find(pid), status, &began);
	}
	write_list(list);
	_exit(0);
}

int main(int argc, char **argv)
{
	int at = 2, ready[2], go[2];
	pid_t self = getpid(), child;
	FILE *list;
	char byte;

	if (argc > 7 && strcmp(argv[2], "--") != 0) {
		wanted.role = argv[2];
		wanted.call = atol(argv[3]);
		wanted.nth = atol(argv[4]);
		wanted.error = atol(argv[5]);
		at = 6;
	}
	if (argc < at + 2 || strcmp(argv[at], "--") != 0)
		return 2;
	list = fopen(argv[1], "we");
	if (!list || pipe2(ready, O_CLOEXEC) < 0 || pipe2(go, O_CLOEXEC) < 0)
		return 1;
	child = fork();
	if (child == 0) {
		/* No child of the program's, and in no group that is signalled. */
		setsid();
		if (fork() != 0)
			_exit(0);
		close(ready[0]);
		close(go[1]);
		close(STDIN_FILENO);
		close(STDOUT_FILENO);
		if (read(go[0], &byte, 1) == 1)
			trace(self, list, ready[1]);
		_exit(1);
	}
	waitpid(child, NULL, 0);
	close(ready[1]);
	if (write(go[1], "", 1) != 1 || read(ready[0], &byte, 1) != 1)
		return 1;
	execv(argv[at + 1], argv + at + 1);
	perror(argv[at + 1]);
	return 127;
}
