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
#include "base/str.h"

#define PREFIX "slurm-checkpoint-"

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
		if (!strncmp(entry->d_name, PREFIX, strlen(PREFIX)))
			sweep_one(dirfd(d), entry->d_name);
	}
}

/*
 * Make the directory and lock it. One that is taken for a dead runner's in between, by
 * another job of the user's that starts on the node, is made again.
 */
static int make_locked(struct scratch *scratch, const char *dir, unsigned int job)
{
	struct stat st;

	do {
		scratch_remove(scratch);
		scratch->path = str_printf("%s/" PREFIX "%u-XXXXXX", dir, job);
		if (!scratch->path || !mkdtemp(scratch->path)) {
			free(scratch->path);
			scratch->path = NULL;
			return -1;
		}
		scratch->fd = open(scratch->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (scratch->fd < 0 && errno != ENOENT)
			return -1;
	} while (scratch->fd < 0 || flock(scratch->fd, LOCK_EX | LOCK_NB) < 0 ||
		 fstat(scratch->fd, &st) < 0 || st.st_nlink == 0);
	return 0;
}

static int make_in(struct scratch *scratch, const char *dir, unsigned int job)
{
	sweep(dir);
	if (make_locked(scratch, dir, job) < 0)
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

int scratch_make(struct scratch *scratch, const struct task *task, struct error *e)
{
	const char *env = getenv("TMPDIR");

	*scratch = (struct scratch){ .fd = -1 };
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

void scratch_remove(struct scratch *scratch)
{
	if (scratch->path)
		(void)file_remove_tree(AT_FDCWD, scratch->path, NULL);
	if (scratch->fd >= 0)
		close(scratch->fd);
	free(scratch->path);
	free(scratch->tmp);
	free(scratch->run);
	free(scratch->control);
	*scratch = (struct scratch){ .fd = -1 };
}
