// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "runner/supervise.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/protocol.h"
#include "plan/request.h"
#include "runner/journal.h"
#include "runner/relocate.h"
#include "runner/say.h"
#include "runner/supervisor.h"

/* A job that saves itself unasked and ends ought to have done some work before. */
#define HASTY	  10 /* seconds that are none */
#define HASTY_MAX 5  /* times in a row after which it is not run again */

/* ---- timers ---- */

static double uptime(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int set_timer(int timer, long seconds)
{
	struct itimerspec when = { .it_value.tv_sec = seconds };

	return timerfd_settime(timer, 0, &when, NULL);
}

static void drain(int timer)
{
	uint64_t count;

	(void)!read(timer, &count, sizeof(count));
}

/* ---- the end ---- */

static void finish(struct supervisor *v, enum supervise_outcome outcome)
{
	v->finished = true;
	v->outcome = outcome;
}

static void job_ended(struct supervisor *v)
{
	struct supervision *s = v->s;

	finish(v, s->engine->status(s->run, &s->status) == 0 ? SUPERVISE_ENDED
							     : SUPERVISE_LOST);
}

static bool saved_itself(const struct supervisor *v)
{
	return v->s->engine->saved_itself && v->s->engine->saved_itself(v->s->run);
}

/* Does it end again and again, soon after its start, and was never asked to? */
static bool is_hasty(struct supervisor *v)
{
	if (v->asked || uptime() - v->began >= HASTY)
		v->s->hasty = 0;
	else
		v->s->hasty++;
	return v->s->hasty >= HASTY_MAX;
}

/* The job is gone, and no checkpoint of it is being taken. */
static int job_is_gone(struct supervisor *v, struct error *e)
{
	if (!saved_itself(v)) {
		job_ended(v);
	} else if (is_hasty(v)) {
		say(v->s->task->job,
		    "it is not run again: it has ended %d times as if it were saved, "
		    "within %d seconds of its start and without having been asked to",
		    HASTY_MAX, HASTY);
		job_ended(v);
	} else if (v->s->disabled > 0) {
		finish(v, SUPERVISE_UNKEPT);
	} else {
		/* It may have heard Slurm's warning as well, and be late. */
		return supervisor_ask(v, v->s->warned ? REQUEST_WARN : REQUEST_INTERVAL,
				      e);
	}
	return 0;
}

static int event_ready(void *arg, struct error *e)
{
	struct supervisor *v = arg;

	loop_remove(v->loop, v->event);
	v->event = -1;
	/* A checkpoint that stops the job ends it too: only its result tells. */
	return v->worker.pid ? 0 : job_is_gone(v, e);
}

/* The same, if it has ended by now: its worker may be heard before it. */
static int look_at_event(struct supervisor *v, struct error *e)
{
	struct pollfd fd = { .fd = v->event, .events = POLLIN };

	return v->event >= 0 && poll(&fd, 1, 0) > 0 ? event_ready(v, e) : 0;
}

/* ---- checkpoints ---- */

/*
 * Once: a disk that stays full is one message, not one an interval. Who asks is
 * answered every time.
 */
static void tell(struct supervisor *v, const struct error *error)
{
	if (v->now.request == REQUEST_INTERVAL && !strcmp(v->last.text, error->text))
		return;
	v->last = *error;
	if (v->s->task->conf.log_level >= LOG_ERROR)
		say(v->s->task->job, "no checkpoint was taken: %s", error->text);
}

static void checkpoint_failed(struct supervisor *v, const struct error *error)
{
	struct event event = { .type = EVENT_FAILED };

	snprintf(event.reason, sizeof(event.reason), "%s",
		 request_reason(v->now.request, false));
	snprintf(event.text, sizeof(event.text), "%s", error->text);
	journal(v->s->task, v->s->folder, &event);
	control_finish(v->s->control, error->text);
	if (v->event >= 0)
		tell(v, error);
}

static void write_checkpoint(struct supervisor *v, const struct checkpoint_result *result)
{
	struct event event = { .type = EVENT_CHECKPOINT,
			       .generation = result->generation,
			       .seconds = result->seconds,
			       .bytes = result->bytes };

	snprintf(event.engine, sizeof(event.engine), "%s", v->s->engine->name);
	snprintf(event.reason, sizeof(event.reason), "%s",
		 request_reason(result->request, result->preempted));
	journal(v->s->task, v->s->folder, &event);
}

static void leave_as(struct supervisor *v, const struct checkpoint_result *result)
{
	switch (result->leaving) {
	case LEAVE_QUEUE:
		finish(v, SUPERVISE_QUEUE);
		break;
	case LEAVE_HOLD:
		finish(v, SUPERVISE_HOLD);
		break;
	case LEAVE_END:
		finish(v, SUPERVISE_LEFT);
		break;
	case LEAVE_NOT:
		if (result->ended)
			finish(v, SUPERVISE_AGAIN);
		break;
	case LEAVE_IGNORE:
		break;
	}
}

/* As its generations are; unless it has ended meanwhile, or somebody asks for more. */
static void leave_unsaved(struct supervisor *v, const struct checkpoint_result *result)
{
	if (v->event < 0 || request_first(v->waiting) > REQUEST_WARN)
		return;
	v->s->unsaved = v->now.worth;
	leave_as(v, result);
}

static void checkpoint_done(struct supervisor *v, const struct checkpoint_result *result)
{
	if (result->unsaved) {
		control_finish(v->s->control, "the job leaves without a checkpoint");
		leave_unsaved(v, result);
		return;
	}
	control_finish(v->s->control, NULL);
	if (result->leaving == LEAVE_IGNORE)
		return;
	v->last.text[0] = '\0';
	v->s->cost = result->seconds;
	v->s->lost = 0;
	v->since = uptime();
	if (v->asked)
		v->s->hasty = 0;
	write_checkpoint(v, result);
	leave_as(v, result);
}

/* What came while the job was being saved: then it would have disturbed the engine. */
static void pass_on_held(struct supervisor *v)
{
	for (int signum = 1; signum < _NSIG; signum++) {
		if (sigismember(&v->s->held, signum) == 1)
			v->s->engine->signal(v->s->run, signum);
	}
	sigemptyset(&v->s->held);
}

static int start_next(struct supervisor *v, struct error *e);

/* A job that has ended in spite of its checkpoint, or with it. */
static int end_with_worker(struct supervisor *v, bool failed, struct error *e)
{
	if (!failed || !saved_itself(v))
		return job_is_gone(v, e);
	finish(v, SUPERVISE_UNKEPT);
	return 0;
}

/* Why it was given up, before what the engine says; "it was given up" says no more. */
static void explain_abort(const struct supervisor *v, struct checkpoint_result *result)
{
	if (v->s->engine->hears)
		error_prefix(&result->error, "%s", v->aborted);
	else
		error_set(&result->error, "%s", v->aborted);
}

static int worker_ended(struct supervisor *v, struct error *e)
{
	struct checkpoint_result result;
	int rc = checkpoint_finish(&v->worker, &v->now, &result);
	bool failed = rc < 0 || result.rc < 0;

	set_timer(v->deadline, 0);
	if (rc < 0)
		error_set(&result.error, "the checkpoint's worker was killed");
	else if (result.request != v->now.request)
		v->waiting = request_after(v->waiting, result.request);
	if (look_at_event(v, e) < 0)
		return -1;
	if (failed && v->aborted && !result.disallowed)
		explain_abort(v, &result);
	if (rc == 0 && result.superseded)
		finish(v, SUPERVISE_SUPERSEDED);
	else if (!failed)
		checkpoint_done(v, &result);
	else if (!v->aborted || *v->aborted)
		checkpoint_failed(v, &result.error);
	v->aborted = NULL;
	if (v->now.request != REQUEST_LOOK)
		interval_set(&v->interval, v->s->task, v->s->folder, v->s->cost);
	if (!v->finished && v->event < 0)
		return end_with_worker(v, failed, e);
	if (v->finished)
		return 0;
	pass_on_held(v);
	return start_next(v, e);
}

static int result_ready(void *arg, struct error *e)
{
	struct supervisor *v = arg;

	loop_remove(v->loop, v->worker.result_fd);
	return --v->worker_ends ? 0 : worker_ended(v, e);
}

static int done_ready(void *arg, struct error *e)
{
	struct supervisor *v = arg;

	loop_remove(v->loop, v->worker.done_fd);
	return --v->worker_ends ? 0 : worker_ended(v, e);
}

static int start_next(struct supervisor *v, struct error *e)
{
	struct supervision *s = v->s;

	if (v->worker.pid || v->waiting == 0 || v->s->disabled > 0)
		return 0;
	v->now = (struct checkpoint){ .task = s->task,
				      .folder = s->folder,
				      .engine = s->engine,
				      .job = s->job,
				      .run = s->run,
				      .request = request_first(v->waiting),
				      .worth = { .saved = s->cost > 0,
						 .cost = s->cost,
						 .work = uptime() - v->since,
						 .lost = s->lost } };
	v->waiting = request_after(v->waiting, v->now.request);
	v->asked = v->asked || (v->event >= 0 && v->now.request != REQUEST_LOOK);
	control_begin(v->s->control);
	v->worker_ends = 2;
	if (checkpoint_start(&v->worker, &v->now, e) < 0 ||
	    loop_add(v->loop, v->worker.result_fd, result_ready, v, e) < 0 ||
	    loop_add(v->loop, v->worker.done_fd, done_ready, v, e) < 0)
		return -1;
	return set_timer(v->deadline, (long)s->task->conf.dump_timeout);
}

/* why is empty if nobody needs to be told. */
static void give_up(struct supervisor *v, const char *why)
{
	if (v->worker.pid == 0 || v->aborted)
		return;
	v->aborted = why;
	checkpoint_abort(&v->worker);
}

int supervisor_ask(struct supervisor *v, enum request request, struct error *e)
{
	v->waiting |= request;
	/* Slurm gives little time: what is being written will do for that, too. */
	if (v->worker.pid && request_overrides(v->now.request, request))
		checkpoint_ask(&v->worker, request);
	return start_next(v, e);
}

/* Somebody asks, and is answered at once if it is not to be. */
static int ask_unless_disabled(struct supervisor *v, enum request request,
			       struct error *e)
{
	struct event event = { .type = EVENT_FAILED };

	if (v->s->disabled == 0)
		return supervisor_ask(v, request, e);
	snprintf(event.reason, sizeof(event.reason), "%s",
		 request_reason(request, false));
	snprintf(event.text, sizeof(event.text), SUPERVISOR_DISABLED);
	journal(v->s->task, v->s->folder, &event);
	return 0;
}

/* It is to leave, and to go on elsewhere: relocate.h. */
static int ask_to_move(struct supervisor *v, struct error *e)
{
	struct event event = { .type = EVENT_FAILED, .reason = "requeue" };
	struct error why;
	bool hold;

	if (relocate_wanted(v->s->task, v->s->folder, &hold, &why) == 0)
		return ask_unless_disabled(v, hold ? REQUEST_VACATE : REQUEST_REQUEUE, e);
	snprintf(event.text, sizeof(event.text), "%s", why.text);
	journal(v->s->task, v->s->folder, &event);
	return 0;
}

/* ---- what time brings ---- */

static int interval_passed(void *arg, struct error *e)
{
	struct supervisor *v = arg;

	interval_drain(&v->interval);
	return supervisor_ask(v, REQUEST_INTERVAL, e);
}

static int deadline_passed(void *arg, struct error *e)
{
	struct supervisor *v = arg;

	(void)e;
	drain(v->deadline);
	give_up(v, "it took longer than DumpTimeout");
	return 0;
}

/* ---- signals ---- */

static int user_signal(struct supervisor *v, int signum, struct error *e)
{
	if (v->worker.pid && !v->s->engine->hears)
		sigaddset(&v->s->held, signum);
	else
		v->s->engine->signal(v->s->run, signum);
	switch (signum) {
	case SIGTERM:
		v->s->terminated = true;
		/* Slurm ends the job: what is being saved would be its last breath. */
		give_up(v, v->s->engine->hears ? "Slurm ended the job" : "");
		return 0;
	case SIGCONT:
	case SIGTSTP:
		return 0;
	default:
		v->s->warned = true;
		/* It may be the warning that the user asked for with --signal. */
		return supervisor_ask(v, REQUEST_LOOK, e);
	}
}

static int handle_signal(struct supervisor *v, int signum, struct error *e)
{
	switch (signum) {
	case SIGCHLD:
	case SIGPIPE:
		return 0;
	case CHECKPOINT_SIGNAL_WARN:
		v->s->warned = true;
		return supervisor_ask(v, REQUEST_WARN, e);
	case CHECKPOINT_SIGNAL_CREATE:
		return ask_unless_disabled(v, REQUEST_CREATE, e);
	case CHECKPOINT_SIGNAL_VACATE:
		return ask_unless_disabled(v, REQUEST_VACATE, e);
	case CHECKPOINT_SIGNAL_REQUEUE:
		return ask_unless_disabled(v, REQUEST_REQUEUE, e);
	case CHECKPOINT_SIGNAL_MOVE:
		return ask_to_move(v, e);
	case CHECKPOINT_SIGNAL_DISABLE:
	case CHECKPOINT_SIGNAL_ENABLE:
		return supervisor_enable(v, signum == CHECKPOINT_SIGNAL_ENABLE, e);
	case CHECKPOINT_SIGNAL_ABLE:
		supervisor_answer_able(v);
		return 0;
	default:
		return user_signal(v, signum, e);
	}
}

static int signal_ready(void *arg, struct error *e)
{
	struct supervisor *v = arg;
	struct signalfd_siginfo info;

	if (read(v->signals, &info, sizeof(info)) != sizeof(info))
		return 0;
	return handle_signal(v, (int)info.ssi_signo, e);
}

/* ---- supervise ---- */

static int prepare(struct supervisor *v, struct error *e)
{
	sigset_t all;

	sigfillset(&all);
	v->loop = loop_new(e);
	if (!v->loop)
		return -1;
	v->signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	v->deadline = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (v->signals < 0 || interval_open(&v->interval) < 0 || v->deadline < 0)
		return error_sys(e, "cannot wait for events");
	v->event = v->s->engine->event_fd(v->s->run);
	v->began = v->since = uptime();
	if (loop_add(v->loop, v->event, event_ready, v, e) < 0 ||
	    loop_add(v->loop, v->signals, signal_ready, v, e) < 0 ||
	    loop_add(v->loop, v->interval.timer, interval_passed, v, e) < 0 ||
	    loop_add(v->loop, v->deadline, deadline_passed, v, e) < 0)
		return -1;
	if (control_hear(v->s->control, v->loop, supervisor_hear_job, v, e) < 0)
		return -1;
	pass_on_held(v);
	return interval_set(&v->interval, v->s->task, v->s->folder, v->s->cost);
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

static bool signal_waits(int signals)
{
	struct pollfd fd = { .fd = signals, .events = POLLIN };

	return poll(&fd, 1, 0) > 0;
}

enum supervise_outcome supervise(struct supervision *s, struct error *e)
{
	struct supervisor v = {
		.s = s, .signals = -1, .interval.timer = -1, .deadline = -1, .event = -1
	};
	int rc = prepare(&v, e);

	while (rc == 0 && !v.finished)
		rc = loop_once(v.loop, e);
	/* A warning may have come with the job's end. */
	if (rc == 0 && v.outcome == SUPERVISE_ENDED && signal_waits(v.signals))
		s->warned = true;
	control_ignore(s->control);
	loop_free(v.loop);
	close_fd(v.signals);
	close_fd(v.interval.timer);
	close_fd(v.deadline);
	return rc == 0 ? v.outcome : SUPERVISE_FAILED;
}
