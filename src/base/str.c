// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
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

const char *str_find_variable(char *const *environment, const char *name)
{
	size_t length = strlen(name);

	for (; *environment; environment++)
		if (strncmp(*environment, name, length) == 0 &&
		    (*environment)[length] == '=')
			return *environment + length + 1;
	return NULL;
}
