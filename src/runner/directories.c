// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "runner/directories.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

/* A real directory, in place of a link that an engine of the other kind had. */
static int make_dir(const char *path, struct error *e)
{
	struct stat st;

	if (mkdir(path, 0700) == 0)
		return 0;
	if (errno != EEXIST || lstat(path, &st) < 0)
		return error_sys(e, "%s", path);
	if (S_ISDIR(st.st_mode))
		return 0;
	if (unlink(path) < 0 || mkdir(path, 0700) < 0)
		return error_sys(e, "%s", path);
	return 0;
}

/* A link to source, in place of what was there; a directory there is empty. */
static int make_link(const char *path, const char *source, struct error *e)
{
	if (unlink(path) < 0 && errno != ENOENT && rmdir(path) < 0)
		return error_sys(e, "%s", path);
	return symlink(source, path) < 0 ? error_sys(e, "%s", path) : 0;
}

static int place_one(struct engine_mount *mount, int which, bool mounted, struct error *e)
{
	if (!mount->source)
		return 0;
	if (!mounted && which == MOUNT_CONTROL)
		return make_link(mount->target, mount->source, e);
	if (!mounted)
		mount->source = mount->target;
	return make_dir(mount->target, e);
}

int directories_empty_tmpdir(const struct engine_job *job, struct error *e)
{
	const char *tmp = job->mounts[MOUNT_TMPDIR].source;

	if (!tmp)
		return 0;
	if (file_remove_tree(AT_FDCWD, tmp, e) < 0)
		return -1;
	return mkdir(tmp, 0700) < 0 ? error_sys(e, "%s", tmp) : 0;
}

int directories_place(struct engine_job *job, const struct engine *engine,
		      struct error *e)
{
	for (int i = 0; i < MOUNTS; i++) {
		job->mounts[i] = job->local[i];
		if (place_one(&job->mounts[i], i, engine->mounts, e) < 0)
			return -1;
	}
	return 0;
}
