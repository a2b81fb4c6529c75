// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "runner/say.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

void say(unsigned int job, const char *format, ...)
{
	char line[ERROR_TEXT + 256]; /* a sentence, and what goes before it */
	int used = snprintf(line, sizeof(line), SAY_NAME "job %u: ", job);
	size_t length;
	va_list ap;

	va_start(ap, format);
	vsnprintf(line + used, sizeof(line) - (size_t)used - 1, format, ap);
	va_end(ap);
	length = strlen(line);
	line[length++] = '\n';
	(void)file_write_all(STDERR_FILENO, line, length);
}
