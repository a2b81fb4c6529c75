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

/* A copy of ours goes with the job: a process of a later version's could not be restored. */
static void copy_srun(const char *from, const char *to)
{
	cleanup_close int in = open(from, O_RDONLY | O_CLOEXEC);
	cleanup_close int out = -1;
	struct stat st;

	if (in < 0 || fstat(in, &st) < 0)
		return;
	out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0700);
	if (out >= 0 && file_copy(in, out, (uint64_t)st.st_size, to, NULL) < 0)
		(void)unlink(to);
}

/* What cannot be had is not mounted, and the job has Slurm's srun. */
static void make_srun(const struct engine_job *job)
{
	const char *shm = job->mounts[MOUNT_SHM].source;
	cleanup_free char *path = NULL;
	cleanup_free char *copy = NULL;
	cleanup_close int point = -1;

	if (!shm || !job->mounts[MOUNT_SLURMS_SRUN].source)
		return;
	path = str_printf("%s/" DIRECTORIES_SRUN_NAME, shm);
	copy = str_printf("%s/" DIRECTORIES_OWN_SRUN_NAME, shm);
	if (!path || !copy)
		return;
	point = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0700);
	if (job->own_srun)
		copy_srun(job->own_srun, copy);
}

/* What directories_place() has to leave room for, in the job's own /dev/shm. */
static int make_in_memory(const struct engine_job *job, struct error *e)
{
	make_srun(job);
	return make_short_tmpdir(job, e);
}

/* It is a file, in place of another. */
static bool is_program(int which)
{
	return which == MOUNT_SLURMS_SRUN || which == MOUNT_SRUN;
}

static int place_one(struct engine_mount *mount, int which, bool mounted, struct error *e)
{
	if (!mount->source)
		return 0;
	if (is_program(which)) {
		mount->source = mounted ? mount->source : NULL;
		return 0;
	}
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
	return make_in_memory(job, e);
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
	return make_in_memory(job, e);
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
