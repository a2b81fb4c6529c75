// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/sharing.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* ---- patterns ---- */

static bool is_number(char c)
{
	return c == 'j' || c == 'J' || c == 'A' || c == 'a';
}

static unsigned long number_of(const struct sharing_job *job, char c)
{
	if (c == 'a')
		return job->array_task;
	return c == 'A' && job->array ? job->array : job->id;
}

/* Does the text begin with this number, which may be filled up with zeros? Its end. */
static const char *after_number(const char *text, unsigned long number)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return NULL;
	return strtoul(text, &end, 10) == number ? end : NULL;
}

static bool matches(const struct sharing_job *job, const char *pattern, const char *text)
{
	const char *what = pattern + 1, *rest;

	for (; *pattern && *pattern != '%'; pattern++, text++) {
		if (*pattern != *text)
			return false;
	}
	if (!*pattern)
		return !*text;
	what = pattern + 1 + strspn(pattern + 1, "0123456789");
	if (!*what)
		return true;
	if (is_number(*what)) {
		rest = after_number(text, number_of(job, *what));
		return rest && matches(job, what + 1, rest);
	}
	for (rest = text;; rest++) {
		if (matches(job, what + 1, rest))
			return true;
		if (!*rest)
			return false;
	}
}

bool sharing_matches(const struct sharing_job *job, const char *pattern, const char *path)
{
	return matches(job, name_of(pattern), name_of(path));
}

/* ---- directories ---- */

/* Is path in dir, or below it? */
static bool is_below(const char *dir, const char *path)
{
	size_t length = strlen(dir);

	while (length > 1 && dir[length - 1] == '/')
		length--;
	return !strncmp(path, dir, length) &&
	       (!path[length] || path[length] == '/' || length == 1);
}

/*
 * A job that works in a directory of its own names files in that, or above all of them,
 * but not those in the directory of another.
 */
static bool could_name(const struct sharing_job *self, const struct sharing_job *other,
		       const char *path)
{
	const char *name = name_of(path);
	char *dir;
	bool below;

	if (!self->directory || !other->directory || !is_below(self->directory, path))
		return true;
	dir = strndup(path, name > path + 1 ? (size_t)(name - path - 1) : 1);
	below = !dir || is_below(dir, other->directory) ||
		is_below(other->directory, path);
	free(dir);
	return below;
}

bool sharing_may(const struct sharing_job *self, const struct sharing_job *other,
		 const char *path, bool is_own)
{
	if (is_own && (other->output || other->error))
		return (other->output && sharing_matches(other, other->output, path)) ||
		       (other->error && sharing_matches(other, other->error, path));
	return could_name(self, other, path);
}
