// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "cmd/print.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/str.h"

int complain(const struct error *e)
{
	struct error told = *e;

	/* There may be something of users' in it. */
	str_make_printable(told.text);
	fflush(stdout);
	fprintf(stderr, "%s: error: %s\n", program_invocation_short_name, told.text);
	return EXIT_FAILED;
}

int misuse(const char *format, ...)
{
	struct error e;
	va_list ap;

	va_start(ap, format);
	vsnprintf(e.text, sizeof(e.text), format, ap);
	va_end(ap);
	(void)complain(&e);
	return EXIT_USAGE;
}

const char *time_text(unsigned long long when)
{
	static char text[32];
	time_t t = (time_t)when;
	struct tm tm;

	if (!localtime_r(&t, &tm) ||
	    !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm))
		return "Unknown";
	return text;
}

struct json_object *json_add_job(struct json_object *list, const char *name,
				 const char *user)
{
	struct json_object *o = json_object_new_object();

	json_text(o, "job", name);
	json_text(o, "user", user);
	json_object_array_add(list, o);
	return o;
}

void json_text(struct json_object *o, const char *name, const char *value)
{
	cleanup_free char *text = value ? strdup(value) : NULL;

	/* JSON escapes but some of what steers terminals. */
	str_make_lines_printable(text);
	json_object_object_add(o, name, text ? json_object_new_string(text) : NULL);
}

void json_number(struct json_object *o, const char *name, unsigned long long value)
{
	json_object_object_add(o, name, json_object_new_int64((int64_t)value));
}

void json_seconds(struct json_object *o, const char *name, double value)
{
	char text[64];

	snprintf(text, sizeof(text), "%.3f", value);
	json_object_object_add(o, name, json_object_new_double_s(value, text));
}
