/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * words.h - words for execve(2), as they are kept in the file "options" of a folder: each
 * is ended by a zero byte.
 */
#ifndef STORE_WORDS_H
#define STORE_WORDS_H

#include <stddef.h>

#include "base/error.h"

struct words {
	char **list; /* ended by NULL once there is a word */
	size_t count;
};

/* Add a word, which stays the caller's. -1 without memory, or if word is NULL. */
int words_add(struct words *words, char *word, struct error *e);

/*
 * Add those of size bytes of text, behind which is a zero byte: they stay where they are.
 * -1 if they are more than max.
 */
int words_split(struct words *words, char *text, size_t size, size_t max,
		struct error *e);

void words_free(struct words *words);

#endif
