/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * as_user.h - run a program as a user, whose files say what it does, and hand its output
 * back.
 *
 * Whatever the user has it do, it reaches nothing of the caller's: it has a session of
 * its own and so no terminal, an empty standard input, none of the caller's descriptors,
 * an environment of our own making, and a limit of time and of output.
 */
#ifndef BASE_AS_USER_H
#define BASE_AS_USER_H

#include <stddef.h>

#include "base/error.h"

/* Bytes of each output that are kept; the rest is dropped. */
#define AS_USER_OUTPUT 4096

struct as_user {
	const char *user;      /* as whom, if root calls; as oneself otherwise */
	char *const *argv;     /* the program is looked for in the caller's PATH */
	const void *given;     /* what it can read as descriptor AS_USER_GIVEN, */
	size_t given_size;     /* so many bytes */
	unsigned int deadline; /* seconds, after which all that it started is killed */
};

#define AS_USER_GIVEN 3

/* What it printed, printable (base/str.h), in lines. */
struct as_user_output {
	char out[AS_USER_OUTPUT];
	char err[AS_USER_OUTPUT];
};

/* 0 if it ended with exit status 0. The sentence has the last line of its errors. */
int as_user_run(const struct as_user *run, struct as_user_output *output,
		struct error *e);

#endif
