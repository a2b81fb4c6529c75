// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The runner: the batch task of a job that is checkpointed, as the job's user, in
 * the job's cgroup. It starts the job's script through an engine or has it go on
 * from its newest checkpoint, stays with it, and ends as it ends. Where it cannot
 * protect the job it says so and becomes the script.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/protocol.h"
#include "base/str.h"
#include "runner/journal.h"
#include "runner/own_output.h"
#include "runner/restart.h"
#include "runner/say.h"
#include "runner/scratch.h"
#include "runner/supervise.h"
#include "runner/task.h"
#include "slurm/job.h"

extern char **environ;

/* Attributes of the job's record, besides those of save_record(). */
#define ATTR_WARNED  "warned"  /* Slurm has warned of preemption or the time limit */
#define ATTR_ENDED   "ended"   /* the wait status with which the job ended */
#define ATTR_SIGNALS "signals" /* to be passed on when the job goes on */

struct runner {
	struct task task;
	struct folder folder;
	struct scratch scratch;
	struct engine_job job;
	const struct engine *engine;
	struct engine_run *run;
	char *script; /* the store's copy */
	char **argv;  /* the task, with that */
	char *tmp_mount;
};

/* ---- before the job starts ---- */

static void run_unprotected(struct runner *r, const struct error *e)
{
	/* Slurm would have truncated them, had sbatch not been told otherwise. */
	if (r->task.restart > 0 && r->task.append)
		own_output_truncate();
	say(r->task.job, "it runs unprotected: %s", e->text);
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

/* The job's folder; what an earlier job of the same number left is set aside. */
static int open_folder(struct runner *r, struct error *e)
{
	struct task *task = &r->task;
	int fd;

	if (folder_make(&r->folder, task->dir, task->user, task->cluster, task->job, e) <
	    0)
		return error_prefix(e, "checkpoint directory");
	if (task->restart == 0 && r->folder.record.nattrs > 0 &&
	    folder_set_aside(&r->folder, e) < 0)
		return -1;
	fd = file_make_dir(r->folder.fd, FOLDER_TMP, e);
	if (fd < 0)
		return -1;
	close(fd);
	return copy_script(r, e);
}

/* Who runs the job now: a runner of fewer restarts commits nothing any more. */
static int save_record(struct runner *r, struct error *e)
{
	struct manifest *m = &r->folder.record;
	bool first = m->nattrs == 0;

	if (manifest_set(m, "job", "%u", r->task.job) < 0 ||
	    manifest_set(m, "cluster", "%s", r->task.cluster) < 0 ||
	    manifest_set(m, "user", "%s", r->task.user) < 0 ||
	    manifest_set(m, "restart", "%u", r->task.restart) < 0 ||
	    manifest_set(m, "node", "%s", r->task.node) < 0)
		return error_sys(e, "%s", r->folder.path);
	/* An earlier start was not ours, and what it wrote is not to stay. */
	if (first && r->task.restart > 0 && r->task.append)
		own_output_truncate();
	if (first && own_output_record_start(m, e) < 0)
		return -1;
	return folder_save(&r->folder, e);
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

static int prepare(struct runner *r, struct error *e)
{
	if (open_folder(r, e) < 0 || save_record(r, e) < 0 ||
	    scratch_make(&r->scratch, &r->task, e) < 0)
		return -1;
	r->script = str_printf("%s/" FOLDER_SCRIPT, r->folder.path);
	r->tmp_mount = str_printf("%s/" FOLDER_TMP, r->folder.path);
	r->argv = r->script ? with_copy_of_script(r) : NULL;
	if (!r->argv || !r->tmp_mount)
		return error_sys(e, "%s", r->folder.path);
	r->job = (struct engine_job){ .conf = &r->task.conf,
				      .folder = &r->folder,
				      .argv = r->argv,
				      .envp = environ,
				      .sigmask = &r->task.sigmask,
				      .nodes = r->task.nodes,
				      .tmp_source = r->scratch.tmp,
				      .tmp_mount = r->tmp_mount,
				      .scratch = r->scratch.run,
				      .cancel_fd = -1 };
	return 0;
}

/* ---- start or go on ---- */

static int start(struct runner *r, struct error *e)
{
	const char *tmpdir = getenv("TMPDIR");
	cleanup_free char *old_tmpdir = tmpdir ? strdup(tmpdir) : NULL;

	r->engine = engine_choose(&r->job, e);
	if (!r->engine || own_output_start_over(&r->folder.record, e) < 0)
		return -1;
	if (setenv("TMPDIR", r->tmp_mount, 1) < 0 ||
	    setenv(CHECKPOINT_ENV_IMAGE_DIR, r->folder.path, 1) < 0)
		return error_sys(e, "environment");
	r->job.envp = environ;
	r->run = r->engine->start(&r->job, e);
	if (r->run) {
		journal(&r->task, &r->folder, LOG_INFO, "started by %s", r->engine->name);
		return 0;
	}
	unsetenv(CHECKPOINT_ENV_IMAGE_DIR);
	if (old_tmpdir)
		setenv("TMPDIR", old_tmpdir, 1);
	else
		unsetenv("TMPDIR");
	return -1;
}

/* The job cannot go on here, but its checkpoints are whole: keep it for elsewhere. */
static void hold(struct runner *r, const struct error *e)
{
	struct error failed;

	say(r->task.job,
	    "it cannot go on from its checkpoints on %s and is held; when that is "
	    "mended, "
	    "release it with \"scontrol release %u\": %s",
	    r->task.node, r->task.job, e->text);
	scratch_remove(&r->scratch);
	if (job_requeue(r->task.job, true, &failed) < 0)
		say(r->task.job, "%s", failed.text);
	_exit(1);
}

static void fail(struct runner *r, const struct error *e)
{
	say(r->task.job, "no checkpoint can be restored: %s", e->text);
	scratch_remove(&r->scratch);
	_exit(1);
}

static void start_or_exec(struct runner *r)
{
	struct error e;

	if (start(r, &e) < 0)
		run_unprotected(r, &e);
}

static int open_cancel_fd(void)
{
	sigset_t term;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	return signalfd(-1, &term, SFD_CLOEXEC | SFD_NONBLOCK);
}

/*
 * A job that was warned of its preemption and ends by itself may be requeued all the
 * same (slurm/job.h). Then its next start must not do its work again, but end as it
 * ended.
 */
static bool will_be_requeued(struct runner *r)
{
	const struct manifest *m = &r->folder.record;
	struct job_view view;

	if (!manifest_get(m, ATTR_WARNED) || job_read(r->task.job, &view, NULL) < 0)
		return false;
	return view.requeued_at_end || view.maybe_requeued_at_end;
}

static void clean_up(struct runner *r, int status)
{
	bool success = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	enum conf_cleanup cleanup = r->task.conf.cleanup;

	journal(&r->task, &r->folder, LOG_INFO, "ended with wait status %d", status);

	scratch_remove(&r->scratch);
	if (will_be_requeued(r)) {
		(void)manifest_set(&r->folder.record, ATTR_ENDED, "%d", status);
		(void)folder_save(&r->folder, NULL);
		return;
	}
	if (cleanup == CLEANUP_ALWAYS || (cleanup == CLEANUP_SUCCESS && success))
		(void)folder_remove(&r->folder, NULL);
}

/* Started once more although it had ended: end as it ended. */
static void end_again(struct runner *r)
{
	unsigned long long status;

	if (manifest_get_number(&r->folder.record, ATTR_ENDED, INT_MAX, &status) < 0)
		return;
	clean_up(r, (int)status);
	task_exit((int)status);
}

static void go_on(struct runner *r)
{
	struct restarted restarted;
	enum restart_outcome outcome;
	struct error e;

	r->job.cancel_fd = open_cancel_fd();
	outcome = restart(&r->job, &restarted, &e);
	close(r->job.cancel_fd);
	switch (outcome) {
	case RESTART_NONE:
		start_or_exec(r);
		return;
	case RESTART_RUNNING:
		r->engine = restarted.engine;
		r->run = restarted.run;
		journal(&r->task, &r->folder, LOG_INFO, "goes on from generation %u",
			restarted.generation);
		if (restarted.refused.text[0])
			say(r->task.job,
			    "it goes on from generation %u, since a newer one was "
			    "refused: %s",
			    restarted.generation, restarted.refused.text);
		return;
	case RESTART_CANCELLED:
		scratch_remove(&r->scratch);
		task_exit(SIGTERM);
	case RESTART_ELSEWHERE:
		hold(r, &e);
		return;
	case RESTART_DAMAGED:
		break;
	}
	if (r->task.fallback == FALLBACK_FAIL)
		fail(r, &e);
	start_or_exec(r);
	say(r->task.job, "it has started over: %s", e.text);
}

/* ---- afterwards ---- */

/* Saved and stopped: give the nodes back. If Slurm does not take them, go on here. */
static void leave(struct runner *r, bool held)
{
	struct error e;

	if (job_requeue(r->task.job, held, &e) == 0) {
		scratch_remove(&r->scratch);
		_exit(0);
	}
	go_on(r);
	say(r->task.job, "it stays on %s: %s", r->task.node, e.text);
}

static void remember_warning(struct runner *r)
{
	if (manifest_get(&r->folder.record, ATTR_WARNED))
		return;
	(void)manifest_set(&r->folder.record, ATTR_WARNED, "yes");
	(void)folder_save(&r->folder, NULL);
}

/* Signals that have to wait for the next start, in the record as a list of numbers. */
static void save_held(struct runner *r, const sigset_t *held)
{
	cleanup_free char *list = strdup("");

	for (int signum = 1; signum < _NSIG; signum++) {
		char *longer;

		/* SIGCONT comes with every warning, and means nothing to a stopped job.
		 */
		if (signum == SIGCONT || sigismember(held, signum) != 1)
			continue;
		longer = list ? str_printf("%s%d ", list, signum) : NULL;
		free(list);
		list = longer;
	}
	if (!list || (!*list && !manifest_get(&r->folder.record, ATTR_SIGNALS)))
		return;
	(void)manifest_set(&r->folder.record, ATTR_SIGNALS, "%s", list);
	(void)folder_save(&r->folder, NULL);
}

static void load_held(const struct runner *r, sigset_t *held)
{
	const char *list = manifest_get(&r->folder.record, ATTR_SIGNALS);
	int signum, used;

	sigemptyset(held);
	while (list && sscanf(list, "%d%n", &signum, &used) == 1) {
		if (signum > 0 && signum < _NSIG)
			sigaddset(held, signum);
		list += used;
	}
}

static void supervise_to_the_end(struct runner *r)
{
	for (;;) {
		struct supervision s = { .task = &r->task,
					 .folder = &r->folder,
					 .engine = r->engine,
					 .job = &r->job,
					 .run = r->run };
		struct error e;
		enum supervise_outcome outcome;

		load_held(r, &s.held);
		outcome = supervise(&s, &e);
		save_held(r, &s.held);

		r->engine->stop(r->run);
		r->run = NULL;
		if (s.warned)
			remember_warning(r);
		switch (outcome) {
		case SUPERVISE_LEFT:
			scratch_remove(&r->scratch);
			_exit(0);
		case SUPERVISE_ENDED:
			clean_up(r, s.status);
			task_exit(s.status);
		case SUPERVISE_QUEUE:
		case SUPERVISE_HOLD:
			leave(r, outcome == SUPERVISE_HOLD);
			break;
		case SUPERVISE_FAILED:
			say(r->task.job, "%s", e.text);
			scratch_remove(&r->scratch);
			task_exit(SIGKILL);
		case SUPERVISE_LOST:
			scratch_remove(&r->scratch);
			task_exit(SIGKILL);
		}
	}
}

int main(int argc, char **argv)
{
	struct runner r = { .folder.fd = -1 };
	struct error e;
	sigset_t all;

	if (task_take_over(&r.task, argc, argv, &e) < 0) {
		fprintf(stderr, "slurm-checkpoint: error: %s\n", e.text);
		return 2;
	}
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	if (task_read(&r.task, &e) < 0)
		run_unprotected(&r, &e);
	if (prepare(&r, &e) < 0) {
		/* There may be checkpoints: to start over would be to lose them. */
		if (r.task.restart > 0)
			hold(&r, &e);
		run_unprotected(&r, &e);
	}
	if (r.task.restart > 0) {
		end_again(&r);
		go_on(&r);
	} else {
		start_or_exec(&r);
	}
	supervise_to_the_end(&r);
}
