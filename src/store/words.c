// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/words.h"

#include <stdlib.h>
#include <string.h>

int words_add(struct words *words, char *word, struct error *e)
{
	void *grown =
		word ? reallocarray(words->list, words->count + 2, sizeof(char *)) : NULL;

	if (!grown)
		return error_sys(e, "words");
	words->list = grown;
	words->list[words->count++] = word;
	words->list[words->count] = NULL;
	return 0;
}

int words_split(struct words *words, char *text, size_t size, size_t max, struct error *e)
{
	for (char *word = text; word < text + size; word += strlen(word) + 1) {
		if (words->count >= max)
			return error_set(e, "there are more than %zu words", max);
		if (words_add(words, word, e) < 0)
			return -1;
	}
	return 0;
}

void words_free(struct words *words)
{
	free(words->list);
	*words = (struct words){ .count = 0 };
}
