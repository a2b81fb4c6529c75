// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "store/node_files.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"

#define ROOT "/etc/"

enum { SIZE_MAX_EACH = 4 << 20, COUNT_MAX = 64 }; /* bytes; files of a generation */

bool node_files_hold(const char *path)
{
	return !strncmp(path, ROOT, strlen(ROOT)) && !strchr(path, '\n') &&
	       !strstr(path, "/../");
}

/* ---- the attribute ---- */

/* The parts of a line, which is changed; false if they are not there. */
static bool split(char *line, struct node_file *file)
{
	char *name = strchr(line, ' ');
	char *path = name ? strchr(name + 1, ' ') : NULL;

	if (!path)
		return false;
	*name++ = *path++ = '\0';
	*file = (struct node_file){ name, path, (mode_t)strtoul(line, NULL, 8) & 0777 };
	return node_files_hold(path) && !strchr(name, '/');
}

int node_files_each(const struct manifest *m,
		    int (*fn)(void *arg, const struct node_file *file, struct error *e),
		    void *arg, struct error *e)
{
	const char *all = manifest_get(m, NODE_FILES);
	cleanup_free char *copy = strdup(all ? all : "");
	char *rest = copy, *line;

	if (!copy)
		return error_sys(e, NODE_FILES);
	while ((line = strsep(&rest, "\n"))) {
		struct node_file file;

		if (split(line, &file) && fn(arg, &file, e) < 0)
			return -1;
	}
	return 0;
}

static int is_it(void *arg, const struct node_file *file, struct error *e)
{
	(void)e;
	return strcmp(file->path, arg) == 0 ? -1 : 0;
}

bool node_files_has(const struct manifest *m, const char *path)
{
	return node_files_each(m, is_it, (void *)path, NULL) < 0;
}

/* ---- to keep one ---- */

static int count(const struct manifest *m)
{
	const char *all = manifest_get(m, NODE_FILES);
	int lines = 0;

	for (; all && *all; all++)
		lines += *all == '\n';
	return lines;
}

static int note(struct manifest *m, const char *name, const char *path, mode_t mode)
{
	const char *all = manifest_get(m, NODE_FILES);
	cleanup_free char *more = str_printf("%s%o %s %s\n", all ? all : "",
					     (unsigned int)mode & 0777, name, path);

	return more ? manifest_set(m, NODE_FILES, "%s", more) : -1;
}

int node_files_record(struct generation *gen, const char *path, int fd, struct error *e)
{
	int number = count(&gen->manifest);
	cleanup_free char *name = str_printf("node-file-%d", number);
	cleanup_free char *data = NULL;
	struct stat st;
	ssize_t n;

	if (!name)
		return error_sys(e, "%s", path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > SIZE_MAX_EACH ||
	    number == COUNT_MAX || node_files_has(&gen->manifest, path))
		return 0;
	data = malloc((size_t)st.st_size + 1);
	n = data ? pread(fd, data, (size_t)st.st_size, 0) : -1;
	if (n != st.st_size)
		return 0;
	if (generation_put(gen, name, data, (size_t)n, e) < 0)
		return -1;
	return note(&gen->manifest, name, path, st.st_mode) < 0 ? error_sys(e, "%s", path)
								: 0;
}
