// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "cmd/outfile.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

int outfile_open(struct outfile *out, const char *path, struct error *e)
{
	*out = (struct outfile){ .path = path };
	out->f = open_memstream(&out->text, &out->size);
	return out->f ? 0 : error_sys(e, "output");
}

static mode_t usual_mode(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return 0666 & ~mask;
}

static int replace(const struct outfile *out, struct error *e)
{
	const char *slash = strrchr(out->path, '/');
	size_t length = slash ? (size_t)(slash - out->path) + 1 : 0;
	cleanup_free char *dir = length ? strndup(out->path, length) : strdup(".");
	cleanup_close int fd = dir ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (fd < 0)
		return error_sys(e, "%s", out->path);
	return file_replace(fd, out->path + length, out->text, out->size, usual_mode(),
			    e);
}

int outfile_commit(struct outfile *out, struct error *e)
{
	cleanup_close int fd = -1;
	struct stat st;
	int rc = fclose(out->f);

	out->f = NULL;
	if (rc != 0)
		return error_sys(e, "output");
	if (!out->path)
		fd = dup(STDOUT_FILENO);
	else if (lstat(out->path, &st) < 0 || S_ISREG(st.st_mode))
		return replace(out, e);
	else /* /dev/stdout, or a pipe, is no file to be replaced */
		fd = open(out->path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd < 0 || file_write_all(fd, out->text, out->size) < 0)
		return error_sys(e, "%s", out->path ? out->path : "standard output");
	return 0;
}

void outfile_close(struct outfile *out)
{
	if (out->f)
		fclose(out->f);
	free(out->text);
	*out = (struct outfile){ .path = NULL };
}
