// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/criu/task_proc.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"

/*
 * Of files that have a line for each mapping the kernel makes no more lines than are
 * read, and for each it may look at every page: so little is read at a time.
 */
#define AT_A_TIME 32
#define LONGEST	  4096

static int task_proc_open(pid_t tid, const char *name, int flags)
{
	cleanup_free char *path = str_printf("/proc/%d/%s", tid, name);

	return path ? open(path, flags | O_CLOEXEC) : -1;
}

char *task_proc_read(pid_t tid, const char *name)
{
	cleanup_close int fd = task_proc_open(tid, name, O_RDONLY);
	char text[LONGEST + 1];
	size_t size = 0;
	ssize_t n = fd < 0 ? -1 : 1;

	while (n > 0 && size + AT_A_TIME <= LONGEST && !memchr(text, '\n', size)) {
		n = read(fd, text + size, AT_A_TIME);
		if (n > 0)
			size += (size_t)n;
	}
	if (n < 0 || size == 0)
		return NULL;
	text[size] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return strdup(text);
}

char *task_proc_find(pid_t tid, const char *name, const char *field)
{
	cleanup_close int fd = task_proc_open(tid, name, O_RDONLY);
	char text[LONGEST + 1] = "\n";
	ssize_t n = fd < 0 ? -1 : file_read_all(fd, text + 1, LONGEST - 1);
	cleanup_free char *line = str_printf("\n%s", field);
	const char *found;

	if (n <= 0 || !line)
		return NULL;
	text[n + 1] = '\0';
	found = strstr(text, line);
	return found ? strndup(found + strlen(line), strcspn(found + strlen(line), "\n"))
		     : NULL;
}

int task_proc_write(pid_t tid, const char *name, const char *text, struct error *e)
{
	cleanup_close int fd = task_proc_open(tid, name, O_WRONLY);

	if (fd < 0 || file_write_all(fd, text, strlen(text)) < 0)
		return error_sys(e, "%s", name);
	return 0;
}
