// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "runner/say.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

void say(const struct engine *engine, struct engine_run *run, unsigned int job,
	 const char *format, ...)
{
	char line[1200]; /* a sentence of struct error and its prefix */
	int used = snprintf(line, sizeof(line), "slurm-checkpoint: job %u: ", job);
	size_t length;
	va_list ap;

	va_start(ap, format);
	vsnprintf(line + used, sizeof(line) - (size_t)used - 1, format, ap);
	va_end(ap);
	length = strlen(line);
	line[length++] = '\n';
	if (run && engine->write_stderr(run, line, length) == 0)
		return;
	/* Slurm's own descriptor of a file that was put back stands at its beginning. */
	(void)lseek(STDERR_FILENO, 0, SEEK_END);
	(void)file_write_all(STDERR_FILENO, line, length);
}
