// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "runner/directories.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/protocol.h"
#include "base/str.h"
#include "store/tmpdir.h"
#include "store/version.h"

/* By MOUNT_...; what is in the others does not go with the job. */
static const char *const archives[MOUNTS] = {
	[MOUNT_TMPDIR] = TMPDIR_ARCHIVE,
	[MOUNT_SHM] = TMPDIR_ARCHIVE_SHM,
};

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

/* Not in the job's folder. */
static bool is_in_memory(int which)
{
	return which == MOUNT_SHM || which == MOUNT_SHORT_TMPDIR;
}

/* Where TMPDIR is to be mounted once more, in a directory that was just made anew. */
static int make_short_tmpdir(const struct engine_job *job, struct error *e)
{
	const char *shm = job->mounts[MOUNT_SHM].source;
	cleanup_free char *path = NULL;

	if (!job->mounts[MOUNT_SHORT_TMPDIR].source)
		return 0;
	path = shm ? str_printf("%s/" DIRECTORIES_SHORT_NAME, shm) : NULL;
	if (!path || (mkdir(path, 0700) < 0 && errno != EEXIST))
		return error_sys(e, "%s/" DIRECTORIES_SHORT_NAME, shm ? shm : "");
	return 0;
}

static int place_one(struct engine_mount *mount, int which, bool mounted, struct error *e)
{
	if (!mount->source)
		return 0;
	if (!mounted && which == MOUNT_CONTROL)
		return make_link(mount->target, mount->source, e);
	if (!mounted)
		mount->source = is_in_memory(which) ? NULL : mount->target;
	if (is_in_memory(which))
		return 0;
	return make_dir(mount->target, e);
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

int directories_make_again(const struct engine_job *job, const struct engine *engine,
			   struct error *e)
{
	for (int i = 0; i < MOUNTS; i++) {
		struct engine_mount mount = job->local[i];

		if (place_one(&mount, i, engine->mounts, e) < 0)
			return -1;
	}
	return 0;
}

int directories_save(const struct engine_job *job, struct generation *gen,
		     struct error *e)
{
	for (int i = 0; i < MOUNTS; i++) {
		const char *dir = job->mounts[i].source;

		if (dir && archives[i] && tmpdir_save(gen, archives[i], dir, e) < 0)
			return -1;
	}
	return 0;
}

int directories_empty(const struct engine_job *job, struct error *e)
{
	for (int i = 0; i < MOUNTS; i++) {
		const char *dir = job->mounts[i].source;

		if (!dir || !archives[i])
			continue;
		if (file_remove_tree(AT_FDCWD, dir, e) < 0)
			return -1;
		if (mkdir(dir, 0700) < 0)
			return error_sys(e, "%s", dir);
	}
	return make_short_tmpdir(job, e);
}

int directories_put_back(const struct engine_job *job, const struct generation *gen,
			 struct error *e)
{
	if (directories_empty(job, e) < 0)
		return -1;
	for (int i = 0; i < MOUNTS; i++) {
		const char *dir = job->mounts[i].source;

		if (dir && archives[i] && tmpdir_restore(gen, archives[i], dir, e) < 0)
			return -1;
	}
	/* What was archived may have had it. */
	return make_short_tmpdir(job, e);
}

/*
 * Longest TMPDIR in the job's folder. The address of a socket has 107 bytes, and what
 * programs put behind TMPDIR has up to 63: Ray's are the longest that were found.
 */
#define LENGTH_MAX 44

void directories_shorten_tmpdir(struct engine_job *job)
{
	const struct engine_mount *tmpdir = &job->local[MOUNT_TMPDIR];

	if (tmpdir->source && job->local[MOUNT_SHM].source &&
	    strlen(tmpdir->target) > LENGTH_MAX)
		job->local[MOUNT_SHORT_TMPDIR] =
			(struct engine_mount){ tmpdir->source, CHECKPOINT_SHORT_TMPDIR };
}

const char *directories_tmpdir(const struct engine_job *job)
{
	const struct engine_mount *brief = &job->mounts[MOUNT_SHORT_TMPDIR];

	return brief->source ? brief->target : job->local[MOUNT_TMPDIR].target;
}

int directories_describe(const struct engine_job *job, struct manifest *m,
			 struct error *e)
{
	if (!job->mounts[MOUNT_SHORT_TMPDIR].source)
		return 0;
	return version_need(m, VERSION_SHORT_TMPDIR, e);
}
