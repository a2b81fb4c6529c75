// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "runner/supervise.h"

#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/protocol.h"
#include "base/uptime.h"
#include "plan/request.h"
#include "runner/journal.h"
#include "runner/order.h"
#include "runner/relocate.h"
#include "runner/rival.h"
#include "runner/say.h"
#include "runner/supervisor.h"

/* ---- who asks ---- */

/* Somebody asks, and is answered at once if it is not to be. */
static void ask_unless_disabled(struct supervisor *v, enum request request)
{
	struct event event = { .type = EVENT_FAILED };

	if (v->s->disabled == 0) {
		supervisor_ask(v, request);
		return;
	}
	snprintf(event.reason, sizeof(event.reason), "%s",
		 request_reason(request, false));
	snprintf(event.text, sizeof(event.text), SUPERVISOR_DISABLED);
	journal(v->s->task, v->s->folder, &event);
}

/* It is to leave, and to go on elsewhere: relocate.h. */
static void ask_to_move(struct supervisor *v)
{
	struct event event = { .type = EVENT_FAILED, .reason = "requeue" };
	struct error why;
	bool hold;

	if (relocate_wanted(v->s->task, v->s->folder, &hold, &why) == 0) {
		ask_unless_disabled(v, hold ? REQUEST_VACATE : REQUEST_REQUEUE);
		return;
	}
	snprintf(event.text, sizeof(event.text), "%s", why.text);
	journal(v->s->task, v->s->folder, &event);
}

static int folder_changed(void *arg, struct error *e)
{
	struct supervisor *v = arg;

	(void)e;
	if (rival_has_come(v->rival, v->s->folder))
		supervisor_happens(v, HAPPENS_RIVAL);
	supervisor_remake(v);
	return 0;
}

/* Whoever removed it may have wanted the room, and has it; the job is to be safe, still.
 */
void supervisor_remake(struct supervisor *v)
{
	struct supervision *s = v->s;
	struct error e;

	if (v->state == STATE_YIELDS || v->state == STATE_SAVING_RIVAL ||
	    !remake_is_due(s->folder))
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

/* Seconds of uptime: has it come? Then it is 0. */
static bool is_due(double *when)
{
	bool due = *when > 0 && uptime_now() >= *when;

	if (due)
		*when = 0;
	return due;
}

static void look_at_clock(struct supervisor *v)
{
	if (is_due(&v->deadline))
		supervisor_give_up(v, "it took longer than DumpTimeout");
	/* What comes of it sets it again. */
	if (is_due(&v->interval.due))
		supervisor_ask(v, REQUEST_INTERVAL);
	if (is_due(&v->again))
		supervisor_begin_next(v);
}

static double sooner(double a, double b)
{
	if (a <= 0 || b <= 0)
		return a > b ? a : b;
	return a < b ? a : b;
}

/* Until the clock is to be looked at; -1: never. */
static int ms_until_due(const struct supervisor *v)
{
	double next = sooner(sooner(v->deadline, v->again),
			     sooner(v->interval.due, journal_due()));
	double left = next - uptime_now();

	if (next <= 0)
		return -1;
	if (left <= 0)
		return 0;
	return left * 1000 < INT_MAX - 1 ? (int)(left * 1000) + 1 : INT_MAX;
}

static int interval_answered(void *arg, struct error *e)
{
	struct supervisor *v = arg;

	(void)e;
	loop_remove(v->s->loop, v->interval.answer);
	interval_hear(&v->interval);
	return 0;
}

/* ---- signals ---- */

/* Seconds within which a signal follows another with which it is sent. */
#define AT_ONCE 1

static bool is_order_to_end(const struct supervisor *v)
{
	return order_is_waiting() ||
	       (v->continued > 0 && uptime_now() - v->continued < AT_ONCE);
}

static bool is_mistaken(const struct supervisor *v)
{
	return is_order_to_end(v) && order_is_mistaken(v->s->task, v->s->folder);
}

static void user_signal(struct supervisor *v, int signum)
{
	if (states_is_saving(v->state) && !v->s->engine->hears)
		sigaddset(&v->s->held, signum);
	else
		v->s->engine->signal(v->s->run, signum);
	switch (signum) {
	case SIGTERM:
		v->s->terminated = true;
		v->s->ordered = v->s->ordered || is_order_to_end(v);
		/* Slurm ends the job: what is being saved would be its last breath. */
		supervisor_give_up(v, v->s->engine->hears ? "Slurm ended the job" : "");
		if (is_mistaken(v))
			supervisor_happens(v, HAPPENS_MISTAKE);
		return;
	case SIGCONT:
		v->continued = uptime_now();
		return;
	case SIGTSTP:
		return;
	default:
		v->s->warned = true;
		/* It may be the warning that the user asked for with --signal. */
		supervisor_ask(v, REQUEST_LOOK);
	}
}

static bool is_request(int signum)
{
	return signum >= CHECKPOINT_SIGNAL_FIRST && signum <= CHECKPOINT_SIGNAL_LAST;
}

/* A later version's. It must not get to the job, which would be ended by it. */
static void refuse_unknown(struct supervisor *v, int signum)
{
	struct event event = { .type = EVENT_FAILED };

	snprintf(event.text, sizeof(event.text),
		 "slurm-checkpoint " VERSION ", by which it runs on %s, does not know "
		 "request %d",
		 v->s->task->node, signum);
	journal(v->s->task, v->s->folder, &event);
}

static void handle_signal(struct supervisor *v, int signum)
{
	switch (signum) {
	case SIGCHLD:
	case SIGPIPE:
		break;
	case CHECKPOINT_SIGNAL_WARN:
		v->s->warned = true;
		supervisor_ask(v, REQUEST_WARN);
		break;
	case CHECKPOINT_SIGNAL_CREATE:
		ask_unless_disabled(v, REQUEST_CREATE);
		break;
	case CHECKPOINT_SIGNAL_VACATE:
		ask_unless_disabled(v, REQUEST_VACATE);
		break;
	case CHECKPOINT_SIGNAL_REQUEUE:
		ask_unless_disabled(v, REQUEST_REQUEUE);
		break;
	case CHECKPOINT_SIGNAL_MOVE:
		ask_to_move(v);
		break;
	case CHECKPOINT_SIGNAL_DISABLE:
	case CHECKPOINT_SIGNAL_ENABLE:
		supervisor_enable(v, signum == CHECKPOINT_SIGNAL_ENABLE);
		break;
	case CHECKPOINT_SIGNAL_ABLE:
		supervisor_answer_able(v);
		break;
	default:
		if (is_request(signum))
			refuse_unknown(v, signum);
		else
			user_signal(v, signum);
	}
}

static int signal_ready(void *arg, struct error *e)
{
	struct supervisor *v = arg;
	struct signalfd_siginfo info;

	(void)e;
	if (read(v->s->signals, &info, sizeof(info)) == sizeof(info))
		handle_signal(v, (int)info.ssi_signo);
	return 0;
}

/* ---- supervise ---- */

static void add(struct supervisor *v, int fd, loop_fn fn)
{
	/* There is room for so few. */
	if (fd >= 0)
		(void)loop_add(v->s->loop, fd, fn, v, NULL);
}

static void begin(struct supervisor *v)
{
	struct supervision *s = v->s;

	interval_open(&v->interval, s->task, s->folder);
	v->event = s->engine->event_fd(s->run);
	supervisor_begin(v);
	v->rival = rival_watch(s->folder);
	remake_remember(&v->remake, s->folder);
	add(v, v->event, supervisor_job_ended);
	add(v, s->signals, signal_ready);
	add(v, v->interval.answer, interval_answered);
	add(v, v->rival, folder_changed);
	(void)control_hear(s->control, s->loop, supervisor_hear_job, v, NULL);
	/* It may have come before. */
	if (v->rival >= 0 && rival_has_come(v->rival, s->folder))
		supervisor_happens(v, HAPPENS_RIVAL);
	supervisor_pass_on_held(v);
	interval_set(&v->interval, s->cost);
}

static void stop(struct supervisor *v)
{
	struct loop *loop = v->s->loop;

	control_ignore(v->s->control);
	loop_remove(loop, v->event);
	loop_remove(loop, v->s->signals);
	loop_remove(loop, v->interval.answer);
	loop_remove(loop, v->rival);
	interval_close(&v->interval);
	if (v->rival >= 0)
		close(v->rival);
	remake_forget(&v->remake);
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

	if (v->state != STATE_ENDS)
		return;
	if (v->s->status >= 0 && signal_waits(v->s->signals))
		v->s->warned = true;
	if (sigpending(&pending) == 0 && sigismember(&pending, SIGTERM) == 1 &&
	    is_mistaken(v))
		v->state = STATE_RETURNS;
}

enum state supervise(struct supervision *s, struct error *e)
{
	struct supervisor v = { .s = s, .state = STATE_RUNS, .event = -1, .rival = -1 };

	begin(&v);
	while (states_stays(v.state)) {
		(void)loop_wait(s->loop, ms_until_due(&v), NULL);
		if (states_stays(v.state))
			look_at_clock(&v);
		if (journal_due() > 0 && uptime_now() >= journal_due())
			journal_catch_up(s->folder);
	}
	look_at_signals(&v);
	stop(&v);
	*e = v.back;
	return v.state;
}
