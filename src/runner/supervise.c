// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "runner/supervise.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/protocol.h"
#include "plan/request.h"
#include "runner/journal.h"
#include "runner/order.h"
#include "runner/relocate.h"
#include "runner/rival.h"
#include "runner/say.h"
#include "runner/supervisor.h"

/* ---- who asks ---- */

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

static int folder_changed(void *arg, struct error *e)
{
	struct supervisor *v = arg;

	(void)e;
	if (rival_has_come(v->rival, v->s->folder))
		supervisor_yield(v);
	supervisor_remake(v);
	return 0;
}

/* Whoever removed it may have wanted the room, and has it; the job is to be safe, still.
 */
void supervisor_remake(struct supervisor *v)
{
	struct supervision *s = v->s;
	struct error e;

	if (v->superseded || !remake_is_due(s->folder))
		return;
	if (remake(&v->remake, s->task, s->folder, s->engine, s->run, s->job, &e) < 0) {
		say(s->task->job, "its folder was removed and cannot be made again: %s",
		    e.text);
		return;
	}
	rival_watch_again(v->rival, s->folder);
	say(s->task->job,
	    "its folder was removed, with all checkpoints, and is made again: %s",
	    s->folder->path);
}

/* ---- what time brings ---- */

static void drain(int timer)
{
	uint64_t count;

	(void)!read(timer, &count, sizeof(count));
}

static int interval_passed(void *arg, struct error *e)
{
	struct supervisor *v = arg;

	interval_drain(&v->interval);
	return supervisor_ask(v, REQUEST_INTERVAL, e);
}

static int interval_answered(void *arg, struct error *e)
{
	struct supervisor *v = arg;

	(void)e;
	loop_remove(v->loop, v->interval.answer);
	return interval_hear(&v->interval);
}

static int deadline_passed(void *arg, struct error *e)
{
	struct supervisor *v = arg;

	(void)e;
	drain(v->deadline);
	supervisor_give_up(v, "it took longer than DumpTimeout");
	return 0;
}

/* ---- signals ---- */

/* Seconds within which a signal follows another with which it is sent. */
#define AT_ONCE 1

static bool is_order_to_end(const struct supervisor *v)
{
	return order_is_waiting() ||
	       (v->continued > 0 && supervisor_uptime() - v->continued < AT_ONCE);
}

static bool is_mistaken(const struct supervisor *v)
{
	return is_order_to_end(v) && order_is_mistaken(v->s->task, v->s->folder);
}

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
		supervisor_give_up(v, v->s->engine->hears ? "Slurm ended the job" : "");
		if (is_mistaken(v))
			supervisor_give_back(v);
		return 0;
	case SIGCONT:
		v->continued = supervisor_uptime();
		return 0;
	case SIGTSTP:
		return 0;
	default:
		v->s->warned = true;
		/* It may be the warning that the user asked for with --signal. */
		return supervisor_ask(v, REQUEST_LOOK, e);
	}
}

static bool is_request(int signum)
{
	return signum >= CHECKPOINT_SIGNAL_FIRST && signum <= CHECKPOINT_SIGNAL_LAST;
}

/* A later version's. It must not get to the job, which would be ended by it. */
static int refuse_unknown(struct supervisor *v, int signum)
{
	struct event event = { .type = EVENT_FAILED };

	snprintf(event.text, sizeof(event.text),
		 "slurm-checkpoint " VERSION ", by which it runs on %s, does not know "
		 "request %d",
		 v->s->task->node, signum);
	journal(v->s->task, v->s->folder, &event);
	return 0;
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
		return is_request(signum) ? refuse_unknown(v, signum)
					  : user_signal(v, signum, e);
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

static int add_if_open(struct supervisor *v, int fd, loop_fn fn, struct error *e)
{
	return fd < 0 ? 0 : loop_add(v->loop, fd, fn, v, e);
}

static int prepare(struct supervisor *v, struct error *e)
{
	sigset_t all;

	sigfillset(&all);
	v->loop = loop_new(e);
	if (!v->loop)
		return -1;
	v->signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	v->deadline = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (v->signals < 0 || v->deadline < 0 ||
	    interval_open(&v->interval, v->s->task, v->s->folder) < 0)
		return error_sys(e, "cannot wait for events");
	v->event = v->s->engine->event_fd(v->s->run);
	supervisor_begin(v);
	v->rival = rival_watch(v->s->folder);
	remake_remember(&v->remake, v->s->folder);
	/* It may have come before. */
	if (v->rival >= 0 && rival_has_come(v->rival, v->s->folder))
		supervisor_yield(v);
	if (loop_add(v->loop, v->event, supervisor_job_ended, v, e) < 0 ||
	    loop_add(v->loop, v->signals, signal_ready, v, e) < 0 ||
	    loop_add(v->loop, v->interval.timer, interval_passed, v, e) < 0 ||
	    loop_add(v->loop, v->deadline, deadline_passed, v, e) < 0 ||
	    add_if_open(v, v->interval.answer, interval_answered, e) < 0 ||
	    add_if_open(v, v->rival, folder_changed, e) < 0 ||
	    control_hear(v->s->control, v->loop, supervisor_hear_job, v, e) < 0)
		return -1;
	supervisor_pass_on_held(v);
	return interval_set(&v->interval, v->s->cost);
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

/* What has come with the job's end: a warning; or what has ended it, by mistake. */
static void look_at_signals(struct supervisor *v)
{
	sigset_t pending;

	if (v->outcome != SUPERVISE_ENDED && v->outcome != SUPERVISE_LOST)
		return;
	if (v->outcome == SUPERVISE_ENDED && signal_waits(v->signals))
		v->s->warned = true;
	if (sigpending(&pending) == 0 && sigismember(&pending, SIGTERM) == 1 &&
	    is_mistaken(v))
		v->outcome = SUPERVISE_MISLED;
}

enum supervise_outcome supervise(struct supervision *s, struct error *e)
{
	struct supervisor v = { .s = s,
				.signals = -1,
				.interval = { .timer = -1, .answer = -1 },
				.deadline = -1,
				.event = -1 };
	int rc = prepare(&v, e);

	while (rc == 0 && !v.finished)
		rc = loop_once(v.loop, e);
	if (rc == 0)
		look_at_signals(&v);
	control_ignore(s->control);
	loop_free(v.loop);
	close_fd(v.signals);
	interval_close(&v.interval);
	close_fd(v.deadline);
	close_fd(v.rival);
	remake_forget(&v.remake);
	return rc == 0 ? v.outcome : SUPERVISE_FAILED;
}
