// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "step/pmi_message.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#define HEAD 6 /* bytes of the length before a message of PMI-2 */

static ssize_t line_length(const char *data, size_t size)
{
	const char *end = size ? memchr(data, '\n', size) : NULL;

	if (end)
		return end - data + 1;
	return size >= PMI_MESSAGE_MAX ? -1 : 0;
}

static ssize_t counted_length(const char *data, size_t size)
{
	ssize_t length = 0;
	size_t i = 0;

	if (size < HEAD)
		return 0;
	while (i < HEAD - 1 && data[i] == ' ')
		i++;
	for (; i < HEAD; i++) {
		if (data[i] < '0' || data[i] > '9')
			return -1;
		length = length * 10 + (data[i] - '0');
	}
	return size < HEAD + (size_t)length ? 0 : HEAD + length;
}

ssize_t pmi_message_length(enum pmi_wire wire, const char *data, size_t size)
{
	return wire == PMI_WIRE_2 ? counted_length(data, size) : line_length(data, size);
}

static void add_pair(struct pmi_message *m, char *word)
{
	char *equals = strchr(word, '=');

	if (!*word || m->count == PMI_PAIRS_MAX)
		return;
	if (equals)
		*equals = '\0';
	m->keys[m->count] = word;
	m->values[m->count++] = equals ? equals + 1 : word + strlen(word);
}

/* The end of a word of PMI-2, whose ";;" are made ";"; the word ends with a zero byte. */
static char *end_of_pair(char *word)
{
	char *to = word, *from = word;

	for (; *from && (*from != ';' || from[1] == ';'); *to++ = *from++) {
		if (*from == ';')
			from++;
	}
	from += *from == ';';
	*to = '\0';
	return from;
}

static void parse_pairs(struct pmi_message *m, char *text)
{
	while (*text) {
		char *word = text;

		text = end_of_pair(text);
		add_pair(m, word);
	}
}

static void parse_words(struct pmi_message *m, char *text)
{
	char *rest = text, *word;

	while ((word = strsep(&rest, " \n")))
		add_pair(m, word);
}

void pmi_message_parse(struct pmi_message *m, enum pmi_wire wire, char *data, size_t size)
{
	m->count = 0;
	data[size] = '\0';
	if (wire == PMI_WIRE_1)
		parse_words(m, data);
	else if (size >= HEAD)
		parse_pairs(m, data + HEAD);
}

const char *pmi_message_get(const struct pmi_message *m, const char *key)
{
	for (size_t i = 0; i < m->count; i++) {
		if (strcmp(m->keys[i], key) == 0)
			return m->values[i];
	}
	return NULL;
}

int pmi_message_number(const struct pmi_message *m, const char *key, int otherwise)
{
	const char *text = pmi_message_get(m, key);
	unsigned long long number;

	return text && str_to_ull(text, INT_MAX, &number) == 0 ? (int)number : otherwise;
}

char *pmi_message_make(enum pmi_wire wire, const char *pairs)
{
	return wire == PMI_WIRE_2 ? str_printf("%6zu%s", strlen(pairs), pairs)
				  : str_printf("%s\n", pairs);
}

char *pmi_message_quote(const char *value)
{
	char *text = malloc(2 * strlen(value) + 1), *to = text;

	if (!text)
		return NULL;
	for (; *value; *to++ = *value++) {
		if (*value == ';')
			*to++ = ';';
	}
	*to = '\0';
	return text;
}
