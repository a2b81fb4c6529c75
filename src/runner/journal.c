// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "runner/journal.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

void journal(const struct task *task, const struct folder *folder,
	     enum conf_log_level level, const char *format, ...)
{
	cleanup_close int fd = -1;
	char line[sizeof(struct error) + 256], when[32];
	time_t now = time(NULL);
	struct tm tm;
	size_t used;
	va_list ap;

	if (task->conf.log_level < level || folder->fd < 0)
		return;
	fd = openat(folder->fd, FOLDER_LOG,
		    O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || fchmod(fd, 0600) < 0 || !localtime_r(&now, &tm))
		return;
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &tm);
	used = (size_t)snprintf(line, sizeof(line), "[%s] %s: ", when, task->node);
	if (used >= sizeof(line))
		return;
	va_start(ap, format);
	vsnprintf(line + used, sizeof(line) - used - 1, format, ap);
	va_end(ap);
	used = strlen(line);
	line[used++] = '\n';
	(void)file_write_all(fd, line, used);
}
