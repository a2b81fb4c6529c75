// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * disturbed - the run of a trial through an engine: stopped with a checkpoint and
 * restarted, as often as was asked for. Checkpoint and restart are the runner's own.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "base/children.h"
#include "base/cleanup.h"
#include "base/str.h"
#include "cmd/scheckpoint.h"
#include "cmd/trial.h"
#include "runner/checkpoint.h"
#include "runner/restart.h"

/*
 * What hangs is not waited for: so many times as long as undisturbed, and longer where
 * that is a moment, as the machine may be busy.
 */
#define PATIENCE     10
#define MIN_PATIENCE 30 /* seconds */

enum { STOPPED = 0, ENDED = 1 }; /* or -1 */

struct act {
	struct trial *t;
	const struct disturbance *d;
	struct outcome *outcome;
	struct engine_run *run;
};

/* ---- standard input and output ---- */

/* An engine gives the command our own, as the runner does with those of Slurm. */
struct stdio {
	int saved[3];
};

static int redirect(int fd, const char *path, int flags, struct error *e)
{
	cleanup_close int file = open(path, flags | O_CLOEXEC, 0600);

	return file < 0 || dup2(file, fd) < 0 ? error_sys(e, "%s", path) : 0;
}

static int stdio_redirect(struct stdio *stdio, const struct outcome *outcome,
			  struct error *e)
{
	const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_APPEND;

	for (int fd = 0; fd < 3; fd++)
		stdio->saved[fd] = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (redirect(STDIN_FILENO, "/dev/null", O_RDONLY, e) < 0 ||
	    redirect(STDOUT_FILENO, outcome->out, flags, e) < 0 ||
	    redirect(STDERR_FILENO, outcome->err, flags, e) < 0)
		return -1;
	return 0;
}

static void stdio_put_back(struct stdio *stdio)
{
	for (int fd = 0; fd < 3; fd++) {
		if (stdio->saved[fd] < 0) {
			close(fd); /* as it was */
			continue;
		}
		dup2(stdio->saved[fd], fd);
		close(stdio->saved[fd]);
	}
}

/* ---- one checkpoint and one restart ---- */

static void stop(struct act *a)
{
	a->t->engine->stop(a->run);
	a->run = NULL;
	/* An engine kills all that runs, and does not wait for the last of it. */
	children_end_all();
}

static bool has_ended(const struct act *a)
{
	struct pollfd fd = { .fd = a->t->engine->event_fd(a->run), .events = POLLIN };

	return poll(&fd, 1, 0) > 0;
}

/* Until the worker and the engine's last process have ended, whatever comes. */
static int await_worker(struct act *a, const struct checkpoint_worker *worker,
			struct error *e)
{
	double limit = a->t->task.conf.dump_timeout;
	enum waited waited = trial_wait(a->t, worker->ended_fd, limit, e);
	struct pollfd done = { .fd = worker->done_fd, .events = POLLIN };

	if (waited == WAITED_TIME)
		error_set(e, "it took longer than DumpTimeout");
	if (waited != WAITED_READY)
		checkpoint_abort(worker);
	(void)poll(&done, 1, -1);
	return waited == WAITED_READY ? 0 : -1;
}

static int take(struct act *a, struct checkpoint_result *result, struct error *e)
{
	struct trial *t = a->t;
	struct checkpoint c = { .task = &t->task,
				.folder = &t->folder,
				.engine = t->engine,
				.job = &t->job,
				.run = a->run,
				.request = REQUEST_VACATE };
	struct checkpoint_worker worker;
	int rc;

	if (checkpoint_start(&worker, &c, e) < 0)
		return -1;
	rc = await_worker(a, &worker, e);
	if (checkpoint_finish(&worker, &c, result) < 0)
		return error_set(e, "the checkpoint's worker was killed");
	if (rc == 0 && result->rc < 0)
		*e = result->error;
	return rc < 0 ? -1 : result->rc;
}

static int checkpoint(struct act *a, unsigned int n, struct error *e)
{
	struct checkpoint_result result;

	if (take(a, &result, e) < 0)
		/* A command that ends just then is not to blame. */
		return !a->t->interrupted && has_ended(a)
			       ? ENDED
			       : error_prefix(e, "checkpoint %u was refused", n);
	stop(a);
	trial_report(a->t, "checkpoint %u: %s in %.2f s; a pause of %ld s", n,
		     str_size(result.bytes).text, result.seconds, a->d->pause);
	return outcome_restarted(a->outcome, e);
}

static int go_on(struct act *a, unsigned int n, struct error *e)
{
	struct restarted restarted;

	if (a->d->pause &&
	    trial_wait(a->t, -1, (double)a->d->pause, e) == WAITED_INTERRUPTED)
		return -1;
	switch (restart(&a->t->job, 0, &restarted, e)) {
	case RESTART_RUNNING:
		a->run = restarted.run;
		trial_report(a->t, "restart %u: it continues%s%s", n,
			     restarted.remark.text[0] ? "; " : "", restarted.remark.text);
		return 0;
	case RESTART_CANCELLED:
		(void)trial_wait(a->t, -1, 0, e);
		return -1;
	case RESTART_NONE:
		error_set(e, "the checkpoint is gone");
		break;
	case RESTART_DAMAGED:
	case RESTART_ELSEWHERE:
	case RESTART_LESSER:
		break;
	}
	return error_prefix(e, "restart %u failed", n);
}

/* ---- the run ---- */

/* STOPPED and gone on, or ENDED before or meanwhile. */
static int disturb(struct act *a, unsigned int n, struct error *e)
{
	double every = a->d->lasts / (a->d->times + 1);
	int rc;

	switch (trial_wait(a->t, a->t->engine->event_fd(a->run), every, e)) {
	case WAITED_INTERRUPTED:
		return -1;
	case WAITED_READY:
		return ENDED;
	case WAITED_TIME:
		break;
	}
	rc = checkpoint(a, n, e);
	return rc == STOPPED ? go_on(a, n, e) : rc;
}

static int await_end(struct act *a, struct error *e)
{
	double limit = PATIENCE * a->d->lasts;

	if (limit < MIN_PATIENCE)
		limit = MIN_PATIENCE;
	switch (trial_wait(a->t, a->t->engine->event_fd(a->run), limit, e)) {
	case WAITED_INTERRUPTED:
		return -1;
	case WAITED_TIME:
		return error_set(e,
				 "it hangs after restart %zu: it has not ended within "
				 "%.0f s, and undisturbed takes %.1f s in all",
				 a->outcome->restarts, limit, a->d->lasts);
	case WAITED_READY:
		break;
	}
	return 0;
}

static int follow(struct act *a, struct error *e)
{
	struct trial *t = a->t;
	int rc = STOPPED;

	for (unsigned int n = 1; n <= a->d->times && rc == STOPPED; n++)
		rc = disturb(a, n, e);
	if (rc < 0)
		return -1;
	if (await_end(a, e) < 0)
		return -1;
	if (t->engine->status(a->run, &a->outcome->status) < 0)
		return error_set(e, "it was killed from outside, with its namespaces");
	return 0;
}

static int start(struct act *a, struct error *e)
{
	a->run = a->t->engine->start(&a->t->job, e);
	return a->run ? 0 : error_prefix(e, "%s cannot start it", a->t->engine->name);
}

int trial_disturbed(struct trial *t, const char *name, const struct disturbance *d,
		    struct outcome *outcome, struct error *e)
{
	struct act a = { .t = t, .d = d, .outcome = outcome };
	struct stdio stdio;
	int rc;

	if (outcome_init(outcome, t->scratch.path, name, e) < 0)
		return -1;
	rc = stdio_redirect(&stdio, outcome, e);
	if (rc == 0)
		rc = start(&a, e);
	if (rc == 0)
		rc = follow(&a, e);
	if (a.run)
		stop(&a);
	stdio_put_back(&stdio);
	return rc;
}
