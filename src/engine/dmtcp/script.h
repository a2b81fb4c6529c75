/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * script.h - which programs a shell script names. A guess, since only a shell knows: it
 * serves to say early what would fail later.
 */
#ifndef ENGINE_DMTCP_SCRIPT_H
#define ENGINE_DMTCP_SCRIPT_H

#include "base/error.h"

/*
 * Call visit for each word of text that may be a program: the first of a command, and
 * any with a "/" in it. -1 as soon as visit returns it.
 */
int script_visit(const char *text,
		 int (*visit)(void *arg, const char *word, struct error *e), void *arg,
		 struct error *e);

/* The text of the file at path if it is a script for a shell; owned, or NULL. */
char *script_read(const char *path);

#endif
