/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * argv.h - the words of a command line that is put together one by one.
 *
 *	cleanup_argv struct argv argv = { 0 };
 *	argv_add(&argv, "criu");
 *	argv_addf(&argv, "--tree=%d", root);
 *	if (argv_end(&argv, e) < 0)
 *		return -1;
 *
 * What fails for want of memory is remembered, and told by argv_end().
 */
#ifndef BASE_ARGV_H
#define BASE_ARGV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct argv {
	char **words; /* ends with NULL, when there is a word */
	size_t count;
	bool failed;
};

/* Copy a word to the end; NULL stands for one that could not be made. */
void argv_add(struct argv *argv, const char *word);

/* The same of a word that is put together as by printf(3). */
void argv_addf(struct argv *argv, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* All words are there: 0. Else -1, and one sentence. */
int argv_end(const struct argv *argv, struct error *e);

void argv_free(struct argv *argv);

#define cleanup_argv __attribute__((cleanup(argv_free)))

#endif
