// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "cmd/trial.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/control.h"
#include "base/file.h"
#include "base/str.h"
#include "runner/directories.h"

extern char **environ;

/* ---- the command ---- */

static bool is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

/* Where the shell would find the command; owned by the caller, or NULL. */
static char *find_program(const char *name, struct error *e)
{
	const char *path = getenv("PATH");
	cleanup_free char *copy = strdup(path ? path : "/usr/bin:/bin");
	char *rest = copy, *dir;

	if (strchr(name, '/'))
		return strdup(name);
	while (rest && (dir = strsep(&rest, ":"))) {
		char *found = str_printf("%s/%s", *dir ? dir : ".", name);

		if (found && is_program(found))
			return found;
		free(found);
	}
	error_set(e, "command not found");
	return NULL;
}

/* ---- where it runs ---- */

/* A directory of the folder, and its path. */
static int make_dir(const struct folder *folder, const char *name, char **path,
		    struct error *e)
{
	int fd = file_make_dir(folder->fd, name, e);

	if (fd < 0)
		return -1;
	close(fd);
	*path = str_printf("%s/%s", folder->path, name);
	return *path ? 0 : error_sys(e, "%s", folder->path);
}

static int make_folder(struct trial *t, struct error *e)
{
	if (folder_make(&t->folder, t->scratch.path, "", t->task.cluster, t->task.job,
			e) < 0 ||
	    make_dir(&t->folder, FOLDER_TMP, &t->tmp, e) < 0 ||
	    make_dir(&t->folder, CONTROL_DIR, &t->control, e) < 0)
		return -1;
	t->hears = control_open(t->scratch.control, e);
	return t->hears ? 0 : -1;
}

int trial_empty_tmp(const struct trial *t, struct error *e)
{
	if (file_remove_tree(AT_FDCWD, t->tmp, e) < 0)
		return -1;
	return mkdir(t->tmp, 0700) < 0 ? error_sys(e, "%s", t->tmp) : 0;
}

static int open_signals(struct trial *t, struct error *e)
{
	static const int ends[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	sigset_t all, some;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &t->task.sigmask);
	sigemptyset(&some);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct sigaction action;

		/* Ignored by whoever started us, as by nohup: so it is to stay. */
		sigaction(ends[i], NULL, &action);
		if (action.sa_handler != SIG_IGN)
			sigaddset(&some, ends[i]);
	}
	t->signals = signalfd(-1, &some, SFD_CLOEXEC | SFD_NONBLOCK);
	t->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	return t->signals < 0 || t->timer < 0 ? error_sys(e, "cannot wait for events")
					      : 0;
}

/* ---- the trial ---- */

static void describe_job(struct trial *t)
{
	t->job = (struct engine_job){ .conf = &t->task.conf,
				      .folder = &t->folder,
				      .argv = t->task.argv,
				      .envp = environ,
				      .sigmask = &t->task.sigmask,
				      .nodes = t->task.nodes,
				      .wishes = &t->task.wishes,
				      .scratch = t->scratch.run,
				      .cancel_fd = t->signals };
	t->job.local[MOUNT_TMPDIR] = (struct engine_mount){ t->scratch.tmp, t->tmp };
	t->job.local[MOUNT_CONTROL] =
		(struct engine_mount){ t->scratch.control, t->control };
	t->job.local[MOUNT_SHM] =
		(struct engine_mount){ t->scratch.shm, DIRECTORIES_SHM };
}

int trial_open(struct trial *t, const struct conf *conf, char **argv, struct error *e)
{
	struct engine_choice choice;

	*t = (struct trial){ .folder.fd = -1,
			     .report = -1,
			     .signals = -1,
			     .timer = -1,
			     .scratch.fd = -1 };
	t->task = (struct task){ .argv = argv,
				 .nodes = 1,
				 .cluster = "test",
				 .node = "this node",
				 .append = true,
				 .conf = *conf };
	wishes_init(&t->task.wishes);
	t->task.wishes.net = conf->net;
	t->task.keep = 1;
	t->task.conf.quota = 0;
	(void)close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	t->report = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	t->program = find_program(argv[0], e);
	if (!t->program || open_signals(t, e) < 0 ||
	    scratch_make(&t->scratch, &t->task, e) < 0 || make_folder(t, e) < 0)
		return -1;
	if (setenv("TMPDIR", t->tmp, 1) < 0)
		return error_sys(e, "environment");
	argv[0] = t->program;
	describe_job(t);
	if (engine_choose(&t->job, &choice, e) < 0)
		return -1;
	t->engine = choice.engine;
	return directories_place(&t->job, t->engine, e);
}

void trial_close(struct trial *t)
{
	folder_close(&t->folder);
	control_close(t->hears);
	scratch_remove(&t->scratch);
	if (t->report >= 0)
		close(t->report);
	if (t->signals >= 0)
		close(t->signals);
	if (t->timer >= 0)
		close(t->timer);
	free(t->program);
	free(t->tmp);
	free(t->control);
}

/* ---- meanwhile ---- */

void trial_report(const struct trial *t, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	dprintf(t->report, "test: ");
	vdprintf(t->report, format, ap);
	dprintf(t->report, "\n");
	va_end(ap);
}

static int set_timer(int timer, double seconds)
{
	struct itimerspec when = { .it_value.tv_sec = (time_t)seconds };

	when.it_value.tv_nsec = (long)((seconds - (double)when.it_value.tv_sec) * 1e9);
	return timerfd_settime(timer, 0, &when, NULL);
}

static enum waited be_interrupted(struct trial *t, struct error *e)
{
	struct signalfd_siginfo info;

	if (read(t->signals, &info, sizeof(info)) == sizeof(info))
		t->interrupted = (int)info.ssi_signo;
	error_set(e, "interrupted");
	return WAITED_INTERRUPTED;
}

enum waited trial_wait(struct trial *t, int fd, double seconds, struct error *e)
{
	struct pollfd fds[] = { { .fd = t->signals, .events = POLLIN },
				{ .fd = fd, .events = POLLIN },
				{ .fd = t->timer, .events = POLLIN } };

	set_timer(t->timer, seconds);
	while (poll(fds, 3, -1) < 0 && errno == EINTR)
		;
	if (fds[0].revents)
		return be_interrupted(t, e);
	return fds[1].revents ? WAITED_READY : WAITED_TIME;
}
