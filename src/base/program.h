/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * program.h - what would run if a file were executed: the program itself, or for a
 * script the one that its first line names.
 */
#ifndef BASE_PROGRAM_H
#define BASE_PROGRAM_H

#include <stdbool.h>

#include "base/elf.h"
#include "base/error.h"

struct program {
	char *path;	   /* of the executable that runs in the end */
	bool is_script;	   /* and the file asked about is a script for it */
	struct elf elf;	   /* of the executable */
	bool set_user;	   /* it has the set-user-ID bit, */
	bool set_group;	   /* the set-group-ID bit, */
	bool capabilities; /* file capabilities */
};

/*
 * Look at path as execve() would, without executing it. -1 and one sentence, which
 * begins with a path, if it cannot be executed, or cannot be read and so not be
 * saved. program_free() in any case.
 */
int program_read(struct program *program, const char *path, struct error *e);

/* Is the program linked dynamically? */
bool program_is_dynamic(const struct program *program);

void program_free(struct program *program);

#endif
