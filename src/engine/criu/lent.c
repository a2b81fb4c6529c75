// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/criu/lent.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "store/node_files.h"

struct lending {
	const struct sandbox *sb;
	const struct engine_job *job;
	const struct generation *gen;
};

/* Its copy on this node, by which it is seen in the job's namespace. */
static char *path_of(const struct lending *l, const struct node_file *file)
{
	return str_printf("%s/%s", l->job->scratch, file->name);
}

/* Is it here as it was there? */
static bool is_same(const struct node_file *file, const char *data, size_t size)
{
	size_t size_here = 0;
	cleanup_free char *here =
		file_read(AT_FDCWD, file->path, SIZE_MAX, &size_here, NULL);
	struct stat st;

	return here && size_here == size && !memcmp(here, data, size) &&
	       stat(file->path, &st) == 0 && (st.st_mode & 0777) == file->mode;
}

static int write_copy(const char *path, const char *data, size_t size, mode_t mode,
		      struct error *e)
{
	cleanup_close int fd =
		open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0 || file_write_all(fd, data, size) < 0 || fchmod(fd, mode) < 0)
		return error_sys(e, "%s", path);
	return 0;
}

static int put(void *arg, const struct node_file *file, struct error *e)
{
	const struct lending *l = arg;
	cleanup_free char *path = path_of(l, file);
	size_t size = 0;
	cleanup_free char *data = file_read(l->gen->fd, file->name, SIZE_MAX, &size, e);

	if (!data)
		return -1;
	if (!path)
		return error_sys(e, "%s", file->path);
	if (is_same(file, data, size))
		return 0;
	if (write_copy(path, data, size, file->mode, e) < 0)
		return -1;
	return sandbox_bind(l->sb, path, file->path, e);
}

int lent_put(const struct sandbox *sb, const struct engine_job *job,
	     const struct generation *gen, struct error *e)
{
	struct lending l = { sb, job, gen };

	return node_files_each(&gen->manifest, put, &l, e);
}

static int take_back(void *arg, const struct node_file *file, struct error *e)
{
	const struct lending *l = arg;
	cleanup_free char *path = path_of(l, file);

	(void)e;
	/* Only what was put. */
	if (path && unlink(path) == 0)
		sandbox_unbind(l->sb, file->path);
	return 0;
}

void lent_take_back(const struct sandbox *sb, const struct engine_job *job,
		    const struct generation *gen)
{
	struct lending l = { sb, job, gen };

	(void)node_files_each(&gen->manifest, take_back, &l, NULL);
}
