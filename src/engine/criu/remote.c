// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/criu/remote.h"

#if defined(__x86_64__)

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "engine/criu/mapping.h"
#include "engine/criu/thread.h"

#define CHUNK 65536

static const unsigned char syscall_instruction[] = { 0x0f, 0x05 };

#define CODE_64 0x33 /* the code segment of a program of 64 bits */

/* A stop at a system call, with PTRACE_O_TRACESYSGOOD. */
#define AT_SYSCALL (SIGTRAP | 0x80)

/* Below its stack's end, and in use all the same, by the ABI. */
#define RED_ZONE 128

/* Where a restartable sequence that a thread is in is told: rseq(2). */
#define RSEQ_CS_AT 8

struct remote {
	pid_t pid;
	pid_t *threads; /* stopped; the first makes the calls */
	size_t count;
	int mem;
	unsigned long instruction; /* its address */

	/* As they were: */
	struct user_regs_struct regs;
	uint64_t mask; /* of its signals */
	unsigned long rseq;
	uint64_t sequence;
};

/* ---- threads ---- */

static bool has_thread(const struct remote *r, pid_t tid)
{
	for (size_t i = 0; i < r->count; i++) {
		if (r->threads[i] == tid)
			return true;
	}
	return false;
}

/* Those that are there now and not stopped: how many were. */
static int stop_more(struct remote *r)
{
	cleanup_free char *path = str_printf("/proc/%d/task", r->pid);
	cleanup_closedir DIR *dir = path ? file_open_dir(AT_FDCWD, path) : NULL;
	struct dirent *d;
	int stopped = 0;

	while (dir && (d = readdir(dir))) {
		pid_t tid = atoi(d->d_name), *grown;
		int rc;

		if (tid <= 0 || has_thread(r, tid))
			continue;
		grown = reallocarray(r->threads, r->count + 1, sizeof(*grown));
		if (!grown)
			return -1;
		r->threads = grown;
		rc = thread_stop(tid);
		if (rc < 0)
			return -1;
		if (rc == 0)
			continue;
		r->threads[r->count++] = tid;
		stopped++;
	}
	return stopped;
}

/* Who is stopped makes no more of them. */
static int stop_threads(struct remote *r)
{
	int stopped;

	while ((stopped = stop_more(r)) > 0)
		;
	return stopped;
}

/* ---- what it was doing ---- */

/* That of the first thread is kept by the kernel for it alone, and forgotten otherwise.
 */
static int save_sequence(struct remote *r)
{
	struct __ptrace_rseq_configuration rseq;
	long size =
		ptrace(PTRACE_GET_RSEQ_CONFIGURATION, r->threads[0], sizeof(rseq), &rseq);

	if (size < (long)sizeof(rseq.rseq_abi_pointer) || !rseq.rseq_abi_pointer)
		return 0;
	r->rseq = rseq.rseq_abi_pointer + RSEQ_CS_AT;
	return pread(r->mem, &r->sequence, sizeof(r->sequence), (off_t)r->rseq) ==
			       (ssize_t)sizeof(r->sequence)
		       ? 0
		       : -1;
}

static int save(struct remote *r)
{
	uint64_t all = ~(uint64_t)0;
	pid_t tid = r->threads[0];

	if (ptrace(PTRACE_GETREGS, tid, 0, &r->regs) < 0 || save_sequence(r) < 0 ||
	    ptrace(PTRACE_GETSIGMASK, tid, sizeof(r->mask), &r->mask) < 0 ||
	    ptrace(PTRACE_SETSIGMASK, tid, sizeof(all), &all) < 0)
		return -1;
	return 0;
}

/* ---- the instruction ---- */

static unsigned long find_in(const struct remote *r, const struct mapping *m)
{
	cleanup_free unsigned char *code = malloc(CHUNK);

	for (unsigned long at = m->start; code && at < m->end; at += CHUNK) {
		size_t size = m->end - at < CHUNK ? m->end - at : CHUNK;
		ssize_t n = pread(r->mem, code, size, (off_t)at);
		const unsigned char *found =
			n <= 0 ? NULL
			       : memmem(code, (size_t)n, syscall_instruction,
					sizeof(syscall_instruction));

		if (found)
			return at + (unsigned long)(found - code);
	}
	return 0;
}

/* From the end on: the kernel's own code for programs is there. */
static int find_instruction(struct remote *r, struct error *e)
{
	cleanup_close int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct mappings m;

	if (mappings_read(&m, proc, r->pid) < 0)
		error_sys(e, "process %d", r->pid);
	for (size_t i = m.count; i-- > 0 && !r->instruction;) {
		if (m.list[i].prot & PROT_EXEC)
			r->instruction = find_in(r, &m.list[i]);
	}
	mappings_free(&m);
	return r->instruction
		       ? 0
		       : error_set(e, "process %d has no code for system calls", r->pid);
}

/* ---- all of it ---- */

static void let_go(struct remote *r)
{
	for (size_t i = 0; i < r->count; i++)
		(void)ptrace(PTRACE_DETACH, r->threads[i], 0, 0);
	if (r->mem >= 0)
		close(r->mem);
	free(r->threads);
	free(r);
}

static int prepare(struct remote *r, struct error *e)
{
	cleanup_free char *path = str_printf("/proc/%d/mem", r->pid);

	r->mem = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	if (r->mem < 0 || find_instruction(r, e) < 0)
		return r->mem < 0 ? error_sys(e, "process %d", r->pid) : -1;
	if (save(r) < 0)
		return error_sys(e, "process %d: ptrace", r->pid);
	if (r->regs.cs == CODE_64)
		return 0;
	(void)ptrace(PTRACE_SETSIGMASK, r->threads[0], sizeof(r->mask), &r->mask);
	return error_set(e, "process %d is of 32 bits", r->pid);
}

struct remote *remote_stop(pid_t pid, bool *gone, struct error *e)
{
	struct remote *r = calloc(1, sizeof(*r));

	*gone = false;
	if (!r) {
		error_sys(e, "process %d", pid);
		return NULL;
	}
	r->pid = pid;
	r->mem = -1;
	if (stop_threads(r) < 0) {
		error_sys(e, "process %d: ptrace", pid);
	} else if (r->count == 0) {
		*gone = true;
	} else if (prepare(r, e) == 0) {
		return r;
	}
	let_go(r);
	return NULL;
}

/* Of one thread, which is about to be stopped. */
static struct remote *new_of_one(pid_t tid, struct error *e)
{
	struct remote *r = calloc(1, sizeof(*r));

	if (r)
		r->threads = malloc(sizeof(*r->threads));
	if (!r || !r->threads) {
		free(r);
		error_sys(e, "process %d", tid);
		return NULL;
	}
	r->pid = r->threads[0] = tid;
	r->count = 1;
	r->mem = -1;
	return r;
}

struct remote *remote_stop_thread(pid_t tid, struct error *e)
{
	struct remote *r = new_of_one(tid, e);

	if (!r)
		return NULL;
	errno = ESRCH;
	if (thread_stop(tid) != 1)
		error_sys(e, "process %d: ptrace", tid);
	else if (prepare(r, e) == 0)
		return r;
	let_go(r);
	return NULL;
}

struct remote *remote_take(pid_t pid, struct error *e)
{
	struct remote *r = new_of_one(pid, e);

	if (!r)
		return NULL;
	if (thread_wait_stop(pid) != 1 ||
	    ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD) < 0)
		error_sys(e, "process %d: ptrace", pid);
	else if (prepare(r, e) == 0)
		return r;
	let_go(r);
	return NULL;
}

/* To the next stop at a system call. */
static int step(pid_t tid)
{
	int status;

	do {
		if (ptrace(PTRACE_SYSCALL, tid, 0, 0) < 0 ||
		    waitpid(tid, &status, __WALL) < 0)
			return -1;
		if (!WIFSTOPPED(status)) {
			errno = ESRCH;
			return -1;
		}
	} while (WSTOPSIG(status) != AT_SYSCALL);
	return 0;
}

int remote_call(struct remote *r, long number, const unsigned long args[6], long *result,
		struct error *e)
{
	struct user_regs_struct regs = r->regs;
	pid_t tid = r->threads[0];

	regs.rip = r->instruction;
	regs.rax = (unsigned long long)number;
	regs.orig_rax = ~0ULL; /* there is no call to take up again */
	regs.rdi = args[0];
	regs.rsi = args[1];
	regs.rdx = args[2];
	regs.r10 = args[3];
	regs.r8 = args[4];
	regs.r9 = args[5];
	if (ptrace(PTRACE_SETREGS, tid, 0, &regs) < 0 || step(tid) < 0 || step(tid) < 0 ||
	    ptrace(PTRACE_GETREGS, tid, 0, &regs) < 0)
		return error_sys(e, "process %d: ptrace", r->pid);
	*result = (long)regs.rax;
	return 0;
}

unsigned long remote_room(const struct remote *r, size_t size)
{
	return (r->regs.rsp - RED_ZONE - size) & ~0xfUL;
}

int remote_write(struct remote *r, unsigned long at, const void *data, size_t size,
		 struct error *e)
{
	if (pwrite(r->mem, data, size, (off_t)at) != (ssize_t)size)
		return error_sys(e, "process %d: memory", r->pid);
	return 0;
}

bool remote_is_at(const struct remote *r, unsigned long start, unsigned long end)
{
	for (size_t i = 0; i < r->count; i++) {
		struct user_regs_struct regs;

		if (ptrace(PTRACE_GETREGS, r->threads[i], 0, &regs) < 0 ||
		    (regs.rip >= start && regs.rip < end))
			return true;
	}
	return false;
}

/*
 * The kernel takes up an interrupted call where a thread leaves a stop such as that by
 * PTRACE_INTERRUPT, and not the stop at the end of a call: so there is one more.
 */
void remote_resume(struct remote *r)
{
	pid_t tid = r->threads[0];

	(void)ptrace(PTRACE_INTERRUPT, tid, 0, 0);
	if (ptrace(PTRACE_CONT, tid, 0, 0) == 0 && thread_wait_stop(tid) == 1) {
		if (r->rseq)
			(void)!pwrite(r->mem, &r->sequence, sizeof(r->sequence),
				      (off_t)r->rseq);
		(void)ptrace(PTRACE_SETREGS, tid, 0, &r->regs);
		(void)ptrace(PTRACE_SETSIGMASK, tid, sizeof(r->mask), &r->mask);
	}
	let_go(r);
}

#else

#include <sys/ptrace.h>

struct remote *remote_stop(pid_t pid, bool *gone, struct error *e)
{
	*gone = false;
	error_set(e, "process %d: it cannot be made to map a file on this architecture",
		  pid);
	return NULL;
}

struct remote *remote_stop_thread(pid_t tid, struct error *e)
{
	error_set(e, "thread %d cannot be made to set it on this architecture", tid);
	return NULL;
}

unsigned long remote_room(const struct remote *r, size_t size)
{
	(void)r, (void)size;
	return 0;
}

struct remote *remote_take(pid_t pid, struct error *e)
{
	(void)ptrace(PTRACE_DETACH, pid, 0, 0);
	error_set(e, "process %d: not on this architecture", pid);
	return NULL;
}

int remote_call(struct remote *r, long number, const unsigned long args[6], long *result,
		struct error *e)
{
	(void)r, (void)number, (void)args, (void)result;
	return error_set(e, "not on this architecture");
}

int remote_write(struct remote *r, unsigned long at, const void *data, size_t size,
		 struct error *e)
{
	(void)r, (void)at, (void)data, (void)size;
	return error_set(e, "not on this architecture");
}

bool remote_is_at(const struct remote *r, unsigned long start, unsigned long end)
{
	(void)r, (void)start, (void)end;
	return true;
}

void remote_resume(struct remote *r)
{
	(void)r;
}

#endif
