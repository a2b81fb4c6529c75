// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "runner/remake.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "runner/directories.h"
#include "store/lock.h"

#define MAX_FILE ((size_t)16 << 20) /* bytes; a script or an environment has few */

static const struct {
	const char *name;
	mode_t mode;
} files[REMAKE_FILES] = {
	{ FOLDER_SCRIPT, 0700 },
	{ FOLDER_OPTIONS, 0600 },
	{ FOLDER_ENVIRONMENT, 0600 },
};

void remake_remember(struct remake *remake, const struct folder *folder)
{
	for (int i = 0; i < REMAKE_FILES; i++)
		remake->text[i] = file_read(folder->fd, files[i].name, MAX_FILE,
					    &remake->size[i], NULL);
}

void remake_forget(struct remake *remake)
{
	for (int i = 0; i < REMAKE_FILES; i++)
		free(remake->text[i]);
	*remake = (struct remake){ 0 };
}

/* A network file system says ESTALE of one that another node has removed. */
bool remake_is_due(const struct folder *folder)
{
	struct stat st;

	if (fstat(folder->fd, &st) < 0)
		return errno == ESTALE;
	return st.st_nlink == 0;
}

/* The new folder under the old descriptor, which others have. */
static int open_again(const struct task *task, struct folder *folder, struct error *e)
{
	struct folder fresh;
	int rc = folder_make(&fresh, task->dir, task->user, task->cluster, task->job, e);

	if (rc == 0 && dup3(fresh.fd, folder->fd, O_CLOEXEC) < 0)
		rc = error_sys(e, "%s", folder->path);
	folder_close(&fresh);
	return rc;
}

static int write_files(const struct remake *remake, const struct folder *folder,
		       struct error *e)
{
	for (int i = 0; i < REMAKE_FILES; i++) {
		if (remake->text[i] &&
		    file_replace(folder->fd, files[i].name, remake->text[i],
				 remake->size[i], files[i].mode, e) < 0)
			return -1;
	}
	return 0;
}

/* Until the runner ends: those of its children that were there before do not have it. */
static int lock_again(const struct folder *folder, struct error *e)
{
	int lock;

	switch (lock_try(folder, &lock, e)) {
	case LOCK_OURS:
		return 0;
	case LOCK_BUSY:
		close(lock);
		return error_set(e, "%s: another start of the job has it", folder->path);
	default:
		return -1;
	}
}

int remake(const struct remake *remake, const struct task *task, struct folder *folder,
	   const struct engine *engine, const struct engine_run *run,
	   const struct engine_job *job, struct error *e)
{
	if (open_again(task, folder, e) < 0 || lock_again(folder, e) < 0 ||
	    write_files(remake, folder, e) < 0 || folder_save(folder, e) < 0 ||
	    directories_make_again(job, engine, e) < 0)
		return -1;
	return engine->mount_again ? engine->mount_again(run, job, e) : 0;
}
