/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tool.h - the programs of an engine: where they are, and what they answer.
 */
#ifndef ENGINE_TOOL_H
#define ENGINE_TOOL_H

#include <sys/types.h>

#include "base/error.h"

/* The first executable of this name in directories as PATH has them; owned, or NULL. */
char *tool_find(const char *dirs, const char *name);

/*
 * Start argv with an empty standard input, and out and err as its outputs: its pid, or -1
 * and errno.
 */
pid_t tool_spawn(char *const *argv, char *const *envp, int out, int err);

/*
 * Run argv and wait for it, ten seconds at most: its exit status, and the beginning of
 * what it prints, 4 KiB, owned by the caller. -1 if it cannot be run, does not end in
 * time or is killed; then *text is NULL.
 */
int tool_run(char *const *argv, char **text, struct error *e);

/* The same in an environment of its own. */
int tool_run_in(char *const *argv, char *const *envp, char **text, struct error *e);

#endif
