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
#include <unistd.h>

#include "base/loop.h"
#include "base/protocol.h"
#include "plan/interval.h"
#include "plan/request.h"
#include "runner/checkpoint.h"
#include "runner/control.h"
#include "runner/journal.h"
#include "runner/say.h"

#define DISABLED "checkpoints of the job are disabled"

struct supervisor {
	struct supervision *s;
	struct loop *loop;
	int signals;
	int interval;
	int deadline;
	int event;	       /* of the job's end; -1 once it has come */
	unsigned int waiting;  /* requests */
	struct checkpoint now; /* the one being taken */
	struct checkpoint_worker worker;
	int worker_ends;     /* of its two descriptors, those still open */
	const char *aborted; /* why the one being taken was given up, or NULL */
	long chosen;	     /* interval, seconds, that was last told of */
	bool finished;
	enum supervise_outcome outcome;
	struct error last; /* what was said last, not to be said again */
};

/* ---- timers ---- */

static int set_timer(int timer, long seconds)
{
	struct itimerspec when = { .it_value.tv_sec = seconds };

	return timerfd_settime(timer, 0, &when, NULL);
}

/* What an interval was chosen by, in the job's history. */
static void tell_interval(struct supervisor *v, long seconds)
{
	const struct supervision *s = v->s;
	struct event event = { .type = EVENT_INTERVAL, .seconds = (double)seconds };

	if (s->cost > 0)
		snprintf(event.text, sizeof(event.text),
			 "a checkpoint takes %.3f s, and a node of the job is taken to "
			 "fail every %.0f hours",
			 s->cost, s->task->mtbf / 3600);
	else
		snprintf(event.text, sizeof(event.text),
			 "it is not known yet what a checkpoint takes, and a node of the "
			 "job is taken to fail every %.0f hours",
			 s->task->mtbf / 3600);
	journal(s->task, s->folder, &event);
	v->chosen = seconds;
}

/* Until the next checkpoint of its own accord; told of when it has changed by much. */
static int set_interval(struct supervisor *v)
{
	long seconds = v->s->task->interval;

	if (seconds == CONF_INTERVAL_AUTO) {
		seconds = interval_daly(v->s->cost, v->s->task->mtbf);
		if (labs(seconds - v->chosen) > v->chosen / 4)
			tell_interval(v, seconds);
	}
	return set_timer(v->interval, seconds);
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

static int event_ready(void *arg, struct error *e)
{
	struct supervisor *v = arg;

	(void)e;
	loop_remove(v->loop, v->event);
	v->event = -1;
	/* A checkpoint that stops the job ends it too: only its result tells. */
	if (v->worker.pid == 0)
		job_ended(v);
	return 0;
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

static void checkpoint_done(struct supervisor *v, const struct checkpoint_result *result)
{
	control_finish(v->s->control, NULL);
	if (result->leaving == LEAVE_IGNORE)
		return;
	v->last.text[0] = '\0';
	v->s->cost = result->seconds;
	write_checkpoint(v, result);
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

static int worker_ended(struct supervisor *v, struct error *e)
{
	struct checkpoint_result result;
	int rc = checkpoint_finish(&v->worker, &v->now, &result);

	set_timer(v->deadline, 0);
	if (rc < 0)
		error_set(&result.error, "the checkpoint's worker was killed");
	else if (result.request != v->now.request)
		v->waiting = request_after(v->waiting, result.request);
	if (v->aborted && !result.disallowed)
		error_set(&result.error, "%s", v->aborted);
	if (rc == 0 && result.rc == 0)
		checkpoint_done(v, &result);
	else if (!v->aborted || *v->aborted)
		checkpoint_failed(v, &result.error);
	v->aborted = NULL;
	if (v->now.request != REQUEST_LOOK)
		set_interval(v);
	if (!v->finished && v->event < 0)
		job_ended(v);
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
				      .request = request_first(v->waiting) };
	v->waiting = request_after(v->waiting, v->now.request);
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

static int ask(struct supervisor *v, enum request request, struct error *e)
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
		return ask(v, request, e);
	snprintf(event.reason, sizeof(event.reason), "%s",
		 request_reason(request, false));
	snprintf(event.text, sizeof(event.text), DISABLED);
	journal(v->s->task, v->s->folder, &event);
	return 0;
}

/* ---- may it be saved at all? ---- */

static int enable(struct supervisor *v, bool yes, struct error *e)
{
	struct event event = { .type = yes ? EVENT_ENABLE : EVENT_DISABLE };

	if (!yes)
		v->s->disabled++;
	else if (v->s->disabled > 0)
		v->s->disabled--;
	journal(v->s->task, v->s->folder, &event);
	return start_next(v, e);
}

static int check_able(struct supervisor *v, struct error *e)
{
	if (v->s->disabled > 0)
		return error_set(e, DISABLED);
	return v->s->engine->able(v->s->run, v->s->job, e);
}

static void answer_able(struct supervisor *v)
{
	struct event event = { .type = EVENT_ABLE, .status = 1 };
	struct error why = { .text = "" };

	snprintf(event.engine, sizeof(event.engine), "%s", v->s->engine->name);
	if (check_able(v, &why) < 0)
		event.status = 0;
	snprintf(event.text, sizeof(event.text), "%s", why.text);
	journal(v->s->task, v->s->folder, &event);
}

static int interval_passed(void *arg, struct error *e)
{
	struct supervisor *v = arg;

	drain(v->interval);
	return ask(v, REQUEST_INTERVAL, e);
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
	if (v->worker.pid)
		sigaddset(&v->s->held, signum);
	else
		v->s->engine->signal(v->s->run, signum);
	switch (signum) {
	case SIGTERM:
		/* Slurm ends the job: what is being saved would be its last breath. */
		give_up(v, "");
		return 0;
	case SIGCONT:
	case SIGTSTP:
		return 0;
	default:
		v->s->warned = true;
		/* It may be the warning that the user asked for with --signal. */
		return ask(v, REQUEST_LOOK, e);
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
		return ask(v, REQUEST_WARN, e);
	case CHECKPOINT_SIGNAL_CREATE:
		return ask_unless_disabled(v, REQUEST_CREATE, e);
	case CHECKPOINT_SIGNAL_VACATE:
		return ask_unless_disabled(v, REQUEST_VACATE, e);
	case CHECKPOINT_SIGNAL_REQUEUE:
		return ask_unless_disabled(v, REQUEST_REQUEUE, e);
	case CHECKPOINT_SIGNAL_DISABLE:
	case CHECKPOINT_SIGNAL_ENABLE:
		return enable(v, signum == CHECKPOINT_SIGNAL_ENABLE, e);
	case CHECKPOINT_SIGNAL_ABLE:
		answer_able(v);
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

/* ---- requests of the job's own processes ---- */

static int ask_and_tell(struct supervisor *v, enum request request,
			struct control_reply *reply)
{
	struct error e;
	int rc = 0;

	if (v->s->disabled > 0)
		rc = error_set(&e, DISABLED);
	else if (request == REQUEST_CREATE)
		reply->ticket = control_ticket(v->s->control);
	if (rc == 0)
		rc = ask(v, request, &e);
	if (rc < 0)
		snprintf(reply->text, sizeof(reply->text), "%s", e.text);
	return rc;
}

static void job_asks(void *arg, const struct control_request *request,
		     struct control_reply *reply)
{
	struct supervisor *v = arg;
	struct error e;

	reply->restarts = v->s->restored;
	switch ((enum control_command)request->command) {
	case CONTROL_STATE:
		break;
	case CONTROL_CREATE:
		reply->rc = ask_and_tell(v, REQUEST_CREATE, reply);
		break;
	case CONTROL_VACATE:
		reply->rc = ask_and_tell(v, REQUEST_VACATE, reply);
		break;
	case CONTROL_REQUEUE:
		reply->rc = ask_and_tell(v, REQUEST_REQUEUE, reply);
		break;
	case CONTROL_RESULT:
		control_result(v->s->control, request->ticket, reply);
		break;
	case CONTROL_DISABLE:
	case CONTROL_ENABLE:
		reply->rc = enable(v, request->command == CONTROL_ENABLE, &e);
		break;
	case CONTROL_ABLE:
		reply->rc = check_able(v, &e);
		if (reply->rc < 0)
			snprintf(reply->text, sizeof(reply->text), "%s", e.text);
		break;
	default:
		reply->rc = -1;
		snprintf(reply->text, sizeof(reply->text), "no such request");
	}
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
	v->interval = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	v->deadline = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (v->signals < 0 || v->interval < 0 || v->deadline < 0)
		return error_sys(e, "cannot wait for events");
	v->event = v->s->engine->event_fd(v->s->run);
	if (loop_add(v->loop, v->event, event_ready, v, e) < 0 ||
	    loop_add(v->loop, v->signals, signal_ready, v, e) < 0 ||
	    loop_add(v->loop, v->interval, interval_passed, v, e) < 0 ||
	    loop_add(v->loop, v->deadline, deadline_passed, v, e) < 0)
		return -1;
	if (control_hear(v->s->control, v->loop, job_asks, v, e) < 0)
		return -1;
	pass_on_held(v);
	return set_interval(v);
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
		.s = s, .signals = -1, .interval = -1, .deadline = -1, .event = -1
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
	close_fd(v.interval);
	close_fd(v.deadline);
	return rc == 0 ? v.outcome : SUPERVISE_FAILED;
}
