// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "step/say.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"

static bool is_quiet;

void say_set_quiet(bool quiet)
{
	is_quiet = quiet;
}

/* In one piece, since others write there as well. */
static void say(const char *prefix, const char *format, va_list args)
{
	cleanup_free char *text = NULL;
	cleanup_free char *line = NULL;

	if (vasprintf(&text, format, args) < 0) {
		text = NULL;
		return;
	}
	line = str_printf("%s%s\n", prefix, text);
	if (line)
		(void)file_write_all(STDERR_FILENO, line, strlen(line));
}

void say_info(const char *format, ...)
{
	va_list args;

	if (is_quiet)
		return;
	va_start(args, format);
	say("srun: ", format, args);
	va_end(args);
}

void say_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say("srun: error: ", format, args);
	va_end(args);
}

void say_daemon_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say("slurmstepd: error: ", format, args);
	va_end(args);
}
