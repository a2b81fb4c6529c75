/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mapping.h - what a process has mapped, as /proc/PID/maps has it.
 */
#ifndef ENGINE_CRIU_MAPPING_H
#define ENGINE_CRIU_MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct mapping {
	unsigned long start, end; /* addresses */
	unsigned long offset;	  /* in the file, bytes */
	int prot;		  /* as mmap(2) has it */
	bool shared;
	dev_t dev;
	ino_t inode; /* 0: it is of no file */
	char *name;  /* "" if it has none */
};

struct mappings {
	struct mapping *list;
	size_t count;
};

/* proc is /proc. -1 and errno if the process is gone; mappings_free() in any case. */
int mappings_read(struct mappings *m, int proc, pid_t pid);
void mappings_free(struct mappings *m);

/* By which compel, criu's library for that, names the code that it puts into others. */
#define CRIU_CODE "/memfd:CRIUMFD"

/* The first whose name begins with this; NULL if there is none. */
const struct mapping *mappings_find(const struct mappings *m, const char *name);

/*
 * It is memory that processes share by a file, or by what the kernel shows as one, and
 * that has not the name any more by which it was mapped.
 */
bool mapping_is_nameless(const struct mapping *m);

#endif
