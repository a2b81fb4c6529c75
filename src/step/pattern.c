// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "step/pattern.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"

#define WIDTH_MAX 10 /* of a number, as in Slurm */

/* The letter of a conversion at "%", and where the text after it begins; 0: it is none. */
static char read_letter(const char *at, int *width, const char **rest)
{
	const char *c = at + 1;

	*width = 0;
	for (; isdigit((unsigned char)*c); c++)
		*width = *width < WIDTH_MAX ? *width * 10 + (*c - '0') : *width;
	if (*width > WIDTH_MAX)
		*width = WIDTH_MAX;
	if (!*c || !strchr("jJAabtnNsux%", *c))
		return 0;
	*rest = c + 1;
	return *c;
}

bool pattern_is_per_task(const char *pattern)
{
	const char *rest;
	int width;

	for (const char *c = pattern; *c; c = rest) {
		char letter = *c == '%' ? read_letter(c, &width, &rest) : 0;

		if (letter == 't')
			return true;
		if (!letter)
			rest = c + 1;
	}
	return false;
}

/* A backslash has meanings of its own there; what %r and %S are depends on the release. */
bool pattern_is_plain(const char *pattern)
{
	for (const char *c = pattern; (c = strchr(c, '%')); c++) {
		c += strspn(c + 1, "0123456789%");
		if (c[1] == 'r' || c[1] == 'S')
			return false;
	}
	return !strchr(pattern, '\\');
}

static const char *last_digit(const char *number)
{
	size_t length = strlen(number);

	return length ? number + length - 1 : number;
}

static void put_number(FILE *out, const char *number, int width)
{
	for (int length = (int)strlen(number); length < width; length++)
		fputc('0', out);
	fputs(number, out);
}

static void put(FILE *out, char letter, int width, const struct pattern_values *v,
		unsigned int task)
{
	cleanup_free char *step = str_printf("%u", v->step);
	cleanup_free char *number = str_printf("%u", task);

	if (!step || !number)
		return;
	switch (letter) {
	case 'j':
		put_number(out, v->job, width);
		break;
	case 'J':
		put_number(out, v->job, width);
		fprintf(out, ".%u", v->step);
		break;
	case 'A':
		put_number(out, v->array_job ? v->array_job : v->job, width);
		break;
	case 'a':
		put_number(out, v->array_task, width);
		break;
	case 'b':
		put_number(out, last_digit(v->array_task), width);
		break;
	case 't':
		put_number(out, number, width);
		break;
	case 'n':
		put_number(out, "0", width);
		break;
	case 's':
		put_number(out, step, width);
		break;
	case 'N':
		fputs(v->node, out);
		break;
	case 'u':
		fputs(v->user, out);
		break;
	case 'x':
		fputs(v->job_name, out);
		break;
	default:
		fputc('%', out);
	}
}

char *pattern_expand(const char *pattern, const struct pattern_values *values,
		     unsigned int task)
{
	char *name = NULL;
	size_t size;
	FILE *out = open_memstream(&name, &size);
	const char *rest;
	int width;

	if (!out)
		return NULL;
	for (const char *c = pattern; *c; c = rest) {
		char letter = *c == '%' ? read_letter(c, &width, &rest) : 0;

		if (letter) {
			put(out, letter, width, values, task);
			continue;
		}
		fputc(*c, out);
		rest = c + 1;
	}
	if (fclose(out) == 0)
		return name;
	free(name);
	return NULL;
}
