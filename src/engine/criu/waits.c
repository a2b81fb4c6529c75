// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/criu/waits.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "engine/criu/image.h"

#define MAX_PROC_FILE 8192 /* bytes of status that are read */

enum waiting {
	WAITING_ELSEWHERE,
	WAITING_POLL,
	WAITING_FUTEX,
};

struct wait {
	pid_t tid;
	enum waiting waiting;
};

/* ---- what they wait in ---- */

/* The kernel's function that has a thread wait; "0" where users are not told. */
static bool read_waiting(const struct waits *w, pid_t pid, pid_t tid,
			 enum waiting *waiting)
{
	cleanup_free char *path = str_printf("%d/task/%d/wchan", pid, tid);
	size_t size;
	cleanup_free char *text =
		path ? file_read(w->proc, path, MAX_PROC_FILE, &size, NULL) : NULL;

	if (!text || !*text || !strcmp(text, "0"))
		return false;
	*waiting = WAITING_ELSEWHERE;
	if (strstr(text, "poll") && !strstr(text, "ep_poll"))
		*waiting = WAITING_POLL;
	else if (strstr(text, "futex"))
		*waiting = WAITING_FUTEX;
	return true;
}

static int add(struct waits *w, pid_t tid, enum waiting waiting)
{
	/* By powers of two, so that many take no time. */
	if ((w->count & (w->count - 1)) == 0) {
		struct wait *grown = reallocarray(w->list, w->count ? 2 * w->count : 1,
						  sizeof(*grown));

		if (!grown)
			return -1;
		w->list = grown;
	}
	w->list[w->count++] = (struct wait){ .tid = tid, .waiting = waiting };
	return 0;
}

static void note_process(struct waits *w, pid_t pid)
{
	cleanup_free char *path = str_printf("%d/task", pid);
	cleanup_closedir DIR *dir = path ? file_open_dir(w->proc, path) : NULL;
	struct dirent *d;

	while (dir && (d = readdir(dir))) {
		pid_t tid = atoi(d->d_name);
		enum waiting waiting;

		if (tid > 0 && read_waiting(w, pid, tid, &waiting) &&
		    add(w, tid, waiting) < 0)
			return;
	}
}

void waits_note(struct waits *w, const struct tree *tree)
{
	*w = (struct waits){ .proc = fcntl(tree->proc, F_DUPFD_CLOEXEC, 0) };
	for (size_t i = 0; i < tree->count && w->proc >= 0; i++)
		note_process(w, tree->pids[i]);
}

void waits_free(struct waits *w)
{
	free(w->list);
	if (w->proc > 0) /* zeroed: there is none */
		close(w->proc);
	*w = (struct waits){ 0 };
}

static const struct wait *find(const struct waits *w, pid_t tid)
{
	for (size_t i = 0; i < w->count; i++) {
		if (w->list[i].tid == tid)
			return &w->list[i];
	}
	return NULL;
}

/* ---- registers in an image ---- */

#define IMAGE_CORE 0x55053847u /* criu/include/magic.h */

/* Fields of criu's messages (images/core.proto, core-x86.proto). */
enum { CORE_MTYPE = 1, CORE_THREAD_INFO = 2 };
enum { INFO_GPREGS = 2 };
enum { MTYPE_X86_64 = 1, MODE_NATIVE = 1 };
enum {
	GPR_R10 = 8,
	GPR_AX = 11,
	GPR_DX = 13,
	GPR_SI = 14,
	GPR_DI = 15,
	GPR_ORIG_AX = 16,
	GPR_IP = 17,
	GPR_MODE = 28,
	GPRS,
};

/* A number, and the bytes in which it is written. */
struct reg {
	uint64_t value;
	unsigned char *at;
	size_t size;
};

struct regs {
	struct reg r[GPRS];
};

/* The key of a number of more than 15 takes two bytes. */
static size_t key_size(unsigned int number)
{
	return number < 16 ? 1 : 2;
}

static int read_regs(struct image fields, struct regs *regs)
{
	struct image_field f;
	const unsigned char *before = fields.at;
	int rc;

	while ((rc = image_field(&fields, &f)) > 0) {
		size_t key = key_size(f.number), size = (size_t)(fields.at - before);

		if (f.number < GPRS && size > key)
			regs->r[f.number] =
				(struct reg){ .value = f.value,
					      .at = (unsigned char *)before + key,
					      .size = size - key };
		before = fields.at;
	}
	return rc;
}

/* The field of this number in an entry, or what is inside of it: 1 if it is there. */
static int find_field(struct image fields, unsigned int number, struct image_field *f)
{
	int rc;

	while ((rc = image_field(&fields, f)) > 0) {
		if (f->number == number)
			return 1;
	}
	return rc;
}

static bool find_regs(const void *data, size_t size, struct regs *regs)
{
	struct image image, entry;
	struct image_field f;

	*regs = (struct regs){ 0 };
	return image_open(&image, data, size, IMAGE_CORE) == 0 &&
	       image_next(&image, &entry) == 1 &&
	       find_field(entry, CORE_MTYPE, &f) == 1 && f.value == MTYPE_X86_64 &&
	       find_field(entry, CORE_THREAD_INFO, &f) == 1 &&
	       find_field(f.inside, INFO_GPREGS, &f) == 1 &&
	       read_regs(f.inside, regs) == 0 && regs->r[GPR_AX].at &&
	       regs->r[GPR_IP].at && regs->r[GPR_MODE].value == MODE_NATIVE;
}

/*
 * Seven bits a byte, the lowest first, as many bytes as there were: all but the last say
 * that there are more.
 */
static bool fits(const struct reg *reg, uint64_t value)
{
	return reg->at && (reg->size >= 10 || value >> 7 * reg->size == 0);
}

static void put(struct reg *reg, uint64_t value)
{
	for (size_t i = 0; i < reg->size; i++, value >>= 7)
		reg->at[i] =
			(unsigned char)((value & 0x7f) | (i + 1 < reg->size ? 0x80 : 0));
}

/* ---- which call it was ---- */

#ifdef __x86_64__

#define SIZE_OF_SYSCALL 2 /* bytes of the instruction */

/* As their arguments tell: a clock has a small number, and else there is an address. */
static long which_sleep(const struct regs *regs)
{
	if (regs->r[GPR_DI].value < 4096)
		return regs->r[GPR_SI].value == 0 && regs->r[GPR_DX].value >= 4096
			       ? SYS_clock_nanosleep
			       : -1;
	return regs->r[GPR_SI].value == 0 || regs->r[GPR_SI].value >= 4096 ? SYS_nanosleep
									   : -1;
}

/* The call that is to be made anew, or -1. */
static long which_call(const struct waits *w, pid_t tid, const struct regs *regs)
{
	const struct wait *wait;

	switch (regs->r[GPR_ORIG_AX].value) {
	case SYS_poll:
	case SYS_nanosleep:
	case SYS_clock_nanosleep:
	case SYS_futex:
		return (long)regs->r[GPR_ORIG_AX].value;
	case SYS_restart_syscall:
		break;
	default:
		return -1;
	}
	wait = find(w, tid);
	if (!wait)
		return -1;
	if (wait->waiting == WAITING_POLL)
		return SYS_poll;
	return wait->waiting == WAITING_FUTEX ? SYS_futex : which_sleep(regs);
}

static uint64_t status_mask(const char *status, const char *name)
{
	const char *found = strstr(status, name);

	return found ? strtoull(found + strlen(name), NULL, 16) : 0;
}

/* A signal with a handler is about to end the wait, as it would have. */
static bool is_signalled(const struct waits *w, pid_t tid)
{
	cleanup_free char *path = str_printf("%d/status", tid);
	size_t size;
	cleanup_free char *status =
		path ? file_read(w->proc, path, MAX_PROC_FILE, &size, NULL) : NULL;

	return !status || ((status_mask(status, "\nSigPnd:\t") |
			    status_mask(status, "\nShdPnd:\t")) &
			   status_mask(status, "\nSigCgt:\t") &
			   ~status_mask(status, "\nSigBlk:\t")) != 0;
}

/* What is left of a sleep is where the kernel has written it: it sleeps that long. */
static void sleep_rest(struct regs *regs, long call)
{
	struct reg *asked = &regs->r[call == SYS_nanosleep ? GPR_DI : GPR_DX];
	const struct reg *left = &regs->r[call == SYS_nanosleep ? GPR_SI : GPR_R10];

	if (left->value >= 4096 && fits(asked, left->value))
		put(asked, left->value);
}

static void make_anew(struct regs *regs, long call)
{
	if (!fits(&regs->r[GPR_AX], (uint64_t)call))
		return;
	put(&regs->r[GPR_AX], (uint64_t)call);
	put(&regs->r[GPR_IP], regs->r[GPR_IP].value - SIZE_OF_SYSCALL);
	if (call == SYS_nanosleep || call == SYS_clock_nanosleep)
		sleep_rest(regs, call);
}

void waits_mend(const struct waits *w, const char *name, void *data, size_t size)
{
	pid_t tid = atoi(name + strlen(WAITS_IMAGES));
	struct regs regs;
	long call;

	if (tid <= 0 || !find_regs(data, size, &regs) ||
	    regs.r[GPR_AX].value != (uint64_t)-EINTR)
		return;
	call = which_call(w, tid, &regs);
	if (call >= 0 && !is_signalled(w, tid))
		make_anew(&regs, call);
}

#else

void waits_mend(const struct waits *w, const char *name, void *data, size_t size)
{
	(void)w, (void)name, (void)data, (void)size;
}

#endif
