// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/criu/call.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"

/*
 * The call and a breakpoint, at the start of a mapping, as code_syscall and code_int_80 in
 * compel/arch/ARCH/src/lib/infect.c have them; and behind it a name, as
 * parasite_memfd_exchange() in compel/src/lib/infect.c does.
 */
#define CALL_SIZE 8

static const unsigned char calls[][CALL_SIZE] = {
#if defined(__x86_64__)
	{ 0x0f, 0x05, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc },
	{ 0xcd, 0x80, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc },
#elif defined(__aarch64__)
	{ 0x01, 0x00, 0x00, 0xd4, 0x00, 0x00, 0x20, 0xd4 },
#endif
};
static const char call_name[CALL_SIZE] = "CRIUMFD";

static bool has_call(int mem, const struct mapping *m)
{
	unsigned char code[2 * CALL_SIZE];

	if (!(m->prot & PROT_EXEC) ||
	    pread(mem, code, sizeof(code), (off_t)m->start) != (ssize_t)sizeof(code))
		return false;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (!memcmp(code, calls[i], CALL_SIZE))
			return true;
	}
	return !memcmp(code + CALL_SIZE, call_name, CALL_SIZE);
}

bool call_is_left(const struct mappings *maps, int proc, pid_t pid)
{
	cleanup_free char *path = str_printf("%d/mem", pid);
	cleanup_close int mem = path ? openat(proc, path, O_RDONLY | O_CLOEXEC) : -1;

	if (mem < 0)
		return true;
	for (size_t i = 0; i < maps->count; i++) {
		if (has_call(mem, &maps->list[i]))
			return true;
	}
	return false;
}
