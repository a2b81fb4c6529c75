// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "runner/scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/control.h"
#include "base/file.h"
#include "base/protocol.h"
#include "base/str.h"

/* Remove a directory of the user's own if nobody holds its lock. */
static void sweep_one(int parent, const char *name)
{
	cleanup_close int fd =
		openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_uid == geteuid() &&
	    flock(fd, LOCK_EX | LOCK_NB) == 0)
		(void)file_remove_tree(parent, name, NULL);
}

static void sweep(const char *dir)
{
	cleanup_closedir DIR *d = opendir(dir);
	struct dirent *entry;

	while (d && (entry = readdir(d))) {
		if (!strncmp(entry->d_name, CHECKPOINT_SCRATCH_PREFIX,
			     strlen(CHECKPOINT_SCRATCH_PREFIX)))
			sweep_one(dirfd(d), entry->d_name);
	}
}

static void close_locked(int *fd, char **path)
{
	if (!*path)
		return;
	(void)file_remove_tree(AT_FDCWD, *path, NULL);
	if (*fd >= 0)
		close(*fd);
	free(*path);
	*path = NULL;
	*fd = -1;
}

/*
 * Make a directory in dir and lock it. One that is taken for a dead runner's in between,
 * by another job of the user's that starts on the node, is made again.
 */
static int make_locked(int *fd, char **path, const char *dir, unsigned int job)
{
	struct stat st;

	sweep(dir);
	do {
		close_locked(fd, path);
		*path = str_printf("%s/" CHECKPOINT_SCRATCH_PREFIX "%u-XXXXXX", dir, job);
		if (!*path || !mkdtemp(*path)) {
			free(*path);
			*path = NULL;
			return -1;
		}
		*fd = open(*path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (*fd < 0 && errno != ENOENT)
			return -1;
	} while (*fd < 0 || flock(*fd, LOCK_EX | LOCK_NB) < 0 || fstat(*fd, &st) < 0 ||
		 st.st_nlink == 0);
	return 0;
}

static int make_in(struct scratch *scratch, const char *dir, unsigned int job)
{
	if (make_locked(&scratch->fd, &scratch->path, dir, job) < 0)
		return -1;
	scratch->tmp = str_printf("%s/tmp", scratch->path);
	scratch->run = str_printf("%s/run", scratch->path);
	scratch->control = str_printf("%s/" CONTROL_DIR, scratch->path);
	if (!scratch->tmp || !scratch->run || !scratch->control ||
	    mkdir(scratch->tmp, 0700) < 0 || mkdir(scratch->run, 0700) < 0 ||
	    mkdir(scratch->control, 0700) < 0) {
		scratch_remove(scratch);
		return -1;
	}
	return 0;
}

/* A job without a /dev/shm of its own has the node's, as without us. */
static void make_shm(struct scratch *scratch, unsigned int job)
{
	if (make_locked(&scratch->shm_fd, &scratch->shm_path, CHECKPOINT_SHARED_MEMORY,
			job) == 0) {
		scratch->shm = str_printf("%s/shm", scratch->shm_path);
		if (scratch->shm && mkdir(scratch->shm, 0700) == 0)
			return;
	}
	free(scratch->shm);
	scratch->shm = NULL;
	close_locked(&scratch->shm_fd, &scratch->shm_path);
}

static int make_on_disk(struct scratch *scratch, const struct task *task, struct error *e)
{
	const char *env = getenv("TMPDIR");

	if (task->conf.tmp_dir)
		return make_in(scratch, task->conf.tmp_dir, task->job) < 0
			       ? error_sys(e, "TmpDir=%s", task->conf.tmp_dir)
			       : 0;
	if (env && env[0] == '/' && make_in(scratch, env, task->job) == 0)
		return 0;
	if (make_in(scratch, "/tmp", task->job) < 0)
		return error_sys(e, "cannot make a directory in /tmp");
	return 0;
}

int scratch_make(struct scratch *scratch, const struct task *task, struct error *e)
{
	*scratch = (struct scratch){ .fd = -1, .shm_fd = -1 };
	if (make_on_disk(scratch, task, e) < 0)
		return -1;
	make_shm(scratch, task->job);
	return 0;
}

void scratch_remove(struct scratch *scratch)
{
	close_locked(&scratch->fd, &scratch->path);
	close_locked(&scratch->shm_fd, &scratch->shm_path);
	free(scratch->tmp);
	free(scratch->run);
	free(scratch->control);
	free(scratch->shm);
	*scratch = (struct scratch){ .fd = -1, .shm_fd = -1 };
}
