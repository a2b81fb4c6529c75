// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *str_printf(const char *format, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&text, format, ap) < 0)
		text = NULL;
	va_end(ap);
	return text;
}

int str_to_ull(const char *text, unsigned long long max, unsigned long long *value)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return -1;
	errno = 0;
	*value = strtoull(text, &end, 10);
	return (errno || *end || *value > max) ? -1 : 0;
}

static const char units[] = "KMGTP";

struct str_size str_size(uint64_t bytes)
{
	double value = (double)bytes / 1024;
	struct str_size size;
	size_t unit = 0;

	while (value >= 1024 && units[unit + 1]) {
		value /= 1024;
		unit++;
	}
	snprintf(size.text, sizeof(size.text), unit ? "%.2f%c" : "%.0f%c", value,
		 units[unit]);
	return size;
}

int str_to_size(const char *text, uint64_t *bytes)
{
	size_t digits = strspn(text, "0123456789");
	char number[24];
	unsigned long long value;
	const char *unit = strchr(units, toupper((unsigned char)text[digits]));
	unsigned int shift = 0;

	if (digits >= sizeof(number))
		return -1;
	memcpy(number, text, digits);
	number[digits] = '\0';
	if (text[digits]) {
		if (!unit || text[digits + 1])
			return -1;
		shift = 10 * (unsigned int)(unit - units + 1);
	}
	if (str_to_ull(number, (unsigned long long)INT64_MAX >> shift, &value) < 0)
		return -1;
	*bytes = (uint64_t)value << shift;
	return 0;
}

bool str_ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), tail = strlen(end);

	return length >= tail && strcmp(text + length - tail, end) == 0;
}

const char *str_find_variable(char *const *environment, const char *name)
{
	size_t length = strlen(name);

	for (; *environment; environment++)
		if (strncmp(*environment, name, length) == 0 &&
		    (*environment)[length] == '=')
			return *environment + length + 1;
	return NULL;
}

/* Bytes of the character of UTF-8 that text begins with; 0 if it is none. */
static size_t utf8_length(const unsigned char *text)
{
	static const unsigned int smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length = *text < 0x80   ? 1
			: *text < 0xc0 ? 0
			: *text < 0xe0 ? 2
			: *text < 0xf0 ? 3
			: *text < 0xf8 ? 4
				       : 0;
	unsigned int c = length > 1 ? *text & (0x7fu >> length) : *text;

	for (size_t i = 1; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (text[i] & 0x3fu);
	}
	if (length && (c < smallest[length] || c > 0x10ffff || c >> 11 == 0x1b))
		return 0;
	return length;
}

/* Of ASCII, of ISO 8859 (C1), and what turns the direction of writing or is not seen. */
static bool is_control(const unsigned char *c, size_t length)
{
	if (length == 1)
		return *c < 0x20 || *c == 0x7f;
	if (length == 2)
		return (c[0] == 0xc2 && c[1] < 0xa0) || (c[0] == 0xd8 && c[1] == 0x9c);
	if (length == 3 && c[0] == 0xef)
		return c[1] == 0xbb && c[2] == 0xbf;
	return length == 3 && c[0] == 0xe2 &&
	       ((c[1] == 0x80 && (c[2] == 0x8e || c[2] == 0x8f)) ||
		(c[1] == 0x80 && c[2] >= 0xa8 && c[2] <= 0xae) ||
		(c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9));
}

void str_make_printable(char *text)
{
	unsigned char *c = (unsigned char *)text;

	while (*c) {
		size_t length = utf8_length(c);
		size_t bad = length == 0 ? 1 : is_control(c, length) ? length : 0;

		memset(c, '?', bad);
		c += bad ? bad : length;
	}
}

void str_make_lines_printable(char *text)
{
	char *rest = text, *line;

	while (rest && (line = strsep(&rest, "\n"))) {
		str_make_printable(line);
		if (rest)
			rest[-1] = '\n';
	}
}
