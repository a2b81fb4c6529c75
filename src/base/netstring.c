// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/netstring.h"

#include <stdlib.h>
#include <string.h>

/* Digits of a length; the longest string that execve(2) takes has six. */
#define DIGITS_MAX 9

void netstring_put(FILE *out, const char *string)
{
	fprintf(out, "%zu:%s,", strlen(string), string);
}

/* The length at text, and where its ":" must be; or NULL. */
static const char *read_length(const char *text, size_t *length)
{
	size_t digits = strspn(text, "0123456789");

	if (digits == 0 || digits > DIGITS_MAX)
		return NULL;
	*length = strtoul(text, NULL, 10);
	return text + digits;
}

char *netstring_get(const char **text, struct error *e)
{
	size_t length;
	const char *colon = read_length(*text, &length);
	char *string;

	if (!colon || *colon != ':' || strnlen(colon + 1, length + 1) <= length ||
	    colon[1 + length] != ',') {
		error_set(e, "not a netstring");
		return NULL;
	}
	string = strndup(colon + 1, length);
	if (string)
		*text = colon + 1 + length + 1;
	else
		error_sys(e, "%zu bytes", length);
	return string;
}
