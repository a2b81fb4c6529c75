// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/criu/breakpoints.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/children.h"

static void __attribute__((noinline)) reach(void)
{
	__asm__ volatile("" ::: "memory");
}

#if defined(__x86_64__)
/* Debug register 7: the address in register 0 counts, for this task, when executed. */
#define ENABLE_0 1L

static int set_breakpoint(pid_t pid)
{
	if (ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, u_debugreg[0]), reach) < 0)
		return -1;
	return (int)ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, u_debugreg[7]),
			   ENABLE_0);
}
#elif defined(__aarch64__)
#include <asm/ptrace.h>
#include <elf.h>

/* DBGBCR_EL1: enabled, for EL0, all four bytes of an instruction. */
#define ENABLE (1 | 2 << 1 | 0xf << 5)

static int set_breakpoint(pid_t pid)
{
	struct user_hwdebug_state state = { 0 };
	struct iovec data = { &state, offsetof(struct user_hwdebug_state, dbg_regs[1]) };

	state.dbg_regs[0].addr = (unsigned long)reach;
	state.dbg_regs[0].ctrl = ENABLE;
	return (int)ptrace(PTRACE_SETREGSET, pid, NT_ARM_HW_BREAK, &data);
}
#else
static int set_breakpoint(pid_t pid)
{
	(void)pid;
	return -1;
}
#endif

static void __attribute__((noreturn)) be_traced(pid_t parent)
{
	children_end_with(parent);
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 && raise(SIGSTOP) == 0)
		reach();
	_exit(0);
}

/* Its wait status when it next stops or ends; -1 if that cannot be known. */
static int next_status(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -1;
	}
	return status;
}

static bool is_stopped_by(int status, int signum)
{
	return status >= 0 && WIFSTOPPED(status) && WSTOPSIG(status) == signum;
}

/* It stands: true unless it runs past the breakpoint. */
static bool stops_at_breakpoint(pid_t pid)
{
	if (set_breakpoint(pid) < 0 || ptrace(PTRACE_CONT, pid, NULL, NULL) < 0)
		return true;
	return is_stopped_by(next_status(pid), SIGTRAP);
}

bool breakpoints_work(void)
{
	pid_t self = getpid(), pid = fork();
	bool work;

	if (pid == 0)
		be_traced(self);
	/* As under a tracer of our own: what works without them works anywhere. */
	if (pid < 0 || !is_stopped_by(next_status(pid), SIGSTOP))
		return false;
	work = stops_at_breakpoint(pid);
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return work;
}
