// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "base/argv.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Takes word over. */
static void append(struct argv *argv, char *word)
{
	char **grown =
		word ? reallocarray(argv->words, argv->count + 2, sizeof(*grown)) : NULL;

	if (!grown) {
		free(word);
		argv->failed = true;
		return;
	}
	argv->words = grown;
	grown[argv->count++] = word;
	grown[argv->count] = NULL;
}

void argv_add(struct argv *argv, const char *word)
{
	append(argv, word ? strdup(word) : NULL);
}

void argv_addf(struct argv *argv, const char *format, ...)
{
	char *word = NULL;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&word, format, ap) < 0)
		word = NULL;
	va_end(ap);
	append(argv, word);
}

int argv_end(const struct argv *argv, struct error *e)
{
	if (!argv->failed && argv->count > 0)
		return 0;
	errno = ENOMEM;
	return error_sys(e, "command line");
}

void argv_free(struct argv *argv)
{
	for (size_t i = 0; i < argv->count; i++)
		free(argv->words[i]);
	free(argv->words);
	*argv = (struct argv){ 0 };
}
