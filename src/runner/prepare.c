// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/control.h"
#include "base/file.h"
#include "base/job_dir.h"
#include "base/present.h"
#include "base/str.h"
#include "runner/apart.h"
#include "runner/begun.h"
#include "runner/directories.h"
#include "runner/own_srun.h"
#include "runner/journal.h"
#include "runner/own_output.h"
#include "runner/record.h"
#include "runner/runner.h"
#include "runner/say.h"
#include "runner/writers.h"
#include "slurm/job.h"
#include "store/lock.h"

extern char **environ;

void run_unprotected(struct runner *r, const struct error *e)
{
	struct event event = { .type = EVENT_UNPROTECTED };

	/* Slurm would have truncated them, had sbatch not been told otherwise. */
	if (*r->over.text && r->task.truncate)
		own_output_truncate();
	snprintf(event.text, sizeof(event.text), "%s", e->text);
	journal(&r->task, &r->folder, &event);
	begun_note(&r->task, BEGUN_UNPROTECTED);
	say(r->task.job,
	    *r->over.text ? "it starts over and runs unprotected: %s"
			  : "it runs unprotected: %s",
	    e->text);
	scratch_remove(&r->scratch);
	task_exec(&r->task);
}

static int copy_script(struct runner *r, struct error *e)
{
	cleanup_free char *text = NULL;
	size_t size;

	/* Once: a restored shell goes on reading the file that it began with. */
	if (faccessat(r->folder.fd, FOLDER_SCRIPT, X_OK, 0) == 0)
		return 0;
	text = file_read(AT_FDCWD, r->task.script, SIZE_MAX, &size, e);
	if (!text)
		return -1;
	return file_replace(r->folder.fd, FOLDER_SCRIPT, text, size, 0700, e);
}

int open_cancel_fd(void)
{
	sigset_t term;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	return signalfd(-1, &term, SFD_CLOEXEC | SFD_NONBLOCK);
}

/*
 * Is the folder that a job finds at its first start its own all the same? Slurm starts a
 * job twice when slurmctld was killed before it had saved that it did. Else it is a
 * former job's of the same number, which was submitted before this one.
 */
static bool is_of_same_job(const struct runner *r)
{
	struct job_view view;
	struct stat script;

	return fstatat(r->folder.fd, FOLDER_SCRIPT, &script, 0) == 0 &&
	       apart_read_for_sure(r->task.job, &view, NULL) == 0 &&
	       script.st_mtime >= view.submitted;
}

/* Another start of the job still runs: it is told to end, and this one waits for that. */
static int wait_for_other(struct runner *r, struct error *e)
{
	struct folder *folder = &r->folder;
	enum lock_outcome outcome;
	int cancel;

	if (folder->record.nattrs > 0 && record_claim(folder, &r->task, e) < 0)
		return -1;
	cancel = open_cancel_fd();
	outcome = lock_wait(r->lock, cancel, r->task.conf.restore_timeout, e);
	close(cancel);
	if (outcome == LOCK_CANCELLED)
		end_cancelled(r);
	if (outcome != LOCK_OURS)
		hold(r, e);
	return folder_load(folder, e);
}

/* From now on this start is the one that counts. */
static int take_over(struct runner *r, struct error *e)
{
	switch (lock_try(&r->folder, &r->lock, e)) {
	case LOCK_OURS:
		return 0;
	case LOCK_BUSY:
		return wait_for_other(r, e);
	default:
		return -1;
	}
}

int start_outputs_over(struct runner *r, struct error *e)
{
	struct writers writers = { .job = r->task.job };
	struct error kept = { .text = "" };
	const struct output_past past = { .job = r->task.job,
					  .is_alone = writers_is_alone,
					  .arg = &writers,
					  .kept = &kept };
	struct stat script;
	int rc;

	/* Its copy was made when the job first started. */
	if (fstatat(r->folder.fd, FOLDER_SCRIPT, &script, 0) == 0)
		writers.since = script.st_mtime;
	rc = own_output_start_over(&r->folder.record, &past, e);
	if (rc == 0 && *kept.text)
		say(r->task.job, "%s", kept.text);
	return rc;
}

/* A first start that is not the first: what another one has written is not to stay. */
static int start_over(struct runner *r, struct error *e)
{
	if (take_over(r, e) < 0)
		return -1;
	end_again(r);
	if (start_outputs_over(r, e) < 0)
		return -1;
	if (r->lock >= 0)
		close(r->lock);
	return 0;
}

/*
 * Did no earlier start of the job get as far as making the folder at path? Slurm counts
 * those, too. The user's directory is not there where CheckpointDir is a node's own.
 */
static bool was_never_protected(struct runner *r, const char *path)
{
	cleanup_free char *parent = strndup(path, (size_t)(strrchr(path, '/') - path));

	switch (begun_look(&r->task)) {
	case BEGUN_NOT:
		if (!parent || access(parent, F_OK) < 0)
			return false;
		error_set(&r->over, "Slurm had not got it to run before");
		return true;
	case BEGUN_UNPROTECTED:
		error_set(&r->over, "it ran unprotected before");
		return true;
	default:
		return false;
	}
}

/*
 * A job that was started before has a folder. Where there is none this node may look for
 * it in another place than where the job was saved, so it must not start over unasked.
 */
static int check_folder_is_there(struct runner *r, struct error *e)
{
	const struct task *task = &r->task;
	cleanup_free char *path =
		job_dir(task->dir, task->user, task->cluster, task->job, e);

	if (!path)
		return -1;
	if (task->restart == 0 || access(path, F_OK) == 0 || errno != ENOENT)
		return 0;
	if (was_never_protected(r, path))
		return 0;
	if (task->may_start_over) {
		error_set(&r->over,
			  "%s is not there, and its user gave "
			  "--checkpoint-fallback=restart",
			  path);
		return 0;
	}
	return error_set(e,
			 "%s is not there, where its checkpoints would be; mend "
			 "CheckpointDir of %s, or, if the job is to start over, make the "
			 "directory there with \"mkdir -p %s\"",
			 path, task->node, path);
}

/*
 * The job's folder: a former job's of the same number is set aside, and that of the
 * job whose checkpoints this one goes on from is taken over.
 */
static int open_folder(struct runner *r, struct error *e)
{
	struct task *task = &r->task;
	bool first = task->restart == 0;

	/* Later it has only to be finished, if the node died in the middle of it. */
	if (task->from &&
	    folder_adopt(task->dir, task->user, task->cluster, task->from, task->job, e) <
		    0 &&
	    first)
		return error_prefix(e, "--checkpoint-from=%u", task->from);
	if (check_folder_is_there(r, e) < 0)
		return -1;
	if (folder_make(&r->folder, task->dir, task->user, task->cluster, task->job, e) <
	    0)
		return error_prefix(e, "checkpoint directory");
	if (first && !task->from && r->folder.record.nattrs > 0) {
		if (is_of_same_job(r) && start_over(r, e) < 0)
			return -1;
		if (folder_set_aside(&r->folder, e) < 0)
			return -1;
	}
	if (take_over(r, e) < 0)
		return -1;
	return copy_script(r, e);
}

/*
 * The task with the store's copy of the script in place of Slurm's, which is gone when
 * the job goes on: the script itself, or an argument of a program that runs it.
 */
static char **with_copy_of_script(const struct runner *r)
{
	char *const *from = r->task.argv;
	char **argv;
	size_t argc = 0;

	while (from[argc])
		argc++;
	argv = calloc(argc + 1, sizeof(*argv));
	for (size_t i = 0; argv && i < argc; i++)
		argv[i] = strcmp(from[i], r->task.script) == 0 ? r->script : from[i];
	return argv;
}

/* A path in the job's folder; -1 without memory. */
static int path_in(const struct folder *folder, const char *name, char **path,
		   struct error *e)
{
	*path = str_printf("%s/%s", folder->path, name);
	return *path ? 0 : error_sys(e, "%s", folder->path);
}

/* Nothing that the runner needs while it stays with the job is left to be had then. */
static int open_events(struct runner *r, struct error *e)
{
	sigset_t all;

	sigfillset(&all);
	r->loop = loop_new(e);
	if (!r->loop)
		return -1;
	r->signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	return r->signals < 0 ? error_sys(e, "cannot wait for signals") : 0;
}

int prepare(struct runner *r, struct error *e)
{
	unsigned int generation;

	if (open_events(r, e) < 0 || open_folder(r, e) < 0 ||
	    record_start(&r->folder, &r->task, &generation, e) < 0 ||
	    scratch_make(&r->scratch, &r->task, e) < 0 ||
	    path_in(&r->folder, FOLDER_SCRIPT, &r->script, e) < 0 ||
	    path_in(&r->folder, CONTROL_DIR, &r->control, e) < 0)
		return -1;
	begun_note(&r->task, BEGUN_PROTECTED);
	if (r->task.own_tmpdir && path_in(&r->folder, FOLDER_TMP, &r->tmpdir, e) < 0)
		return -1;
	r->old_tmpdir = getenv("TMPDIR") ? strdup(getenv("TMPDIR")) : NULL;
	r->argv = with_copy_of_script(r);
	if (!r->argv)
		return error_sys(e, "%s", r->folder.path);
	r->hears = control_open(r->scratch.control, e);
	if (!r->hears || present_write(r->scratch.control, environ, e) < 0)
		return -1;
	if (generation)
		r->task.from_generation = generation;
	r->job = (struct engine_job){ .conf = &r->task.conf,
				      .folder = &r->folder,
				      .argv = r->argv,
				      .envp = environ,
				      .job = r->task.job,
				      .sigmask = &r->task.sigmask,
				      .limits = r->task.limits,
				      .umask = &r->task.umask,
				      .nodes = r->task.nodes,
				      .wishes = &r->task.wishes,
				      .scratch = r->scratch.run,
				      .cancel_fd = -1 };
	if (r->tmpdir)
		r->job.local[MOUNT_TMPDIR] =
			(struct engine_mount){ r->scratch.tmp, r->tmpdir };
	r->job.local[MOUNT_CONTROL] =
		(struct engine_mount){ r->scratch.control, r->control };
	r->job.local[MOUNT_SHM] =
		(struct engine_mount){ r->scratch.shm, DIRECTORIES_SHM };
	directories_shorten_tmpdir(&r->job);
	own_srun_prepare(r);
	return 0;
}
