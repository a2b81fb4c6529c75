// SPDX-License-Identifier: GPL-2.0-or-later
/* The checkpoints of a job that is supervised, one at a time, and its end. */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>

#include "base/cleanup.h"
#include "runner/journal.h"
#include "runner/say.h"
#include "runner/supervisor.h"
#include "store/generation.h"

/* A job that saves itself unasked and ends ought to have done some work before. */
#define HASTY	  10 /* seconds that are none */
#define HASTY_MAX 5  /* times in a row after which it is not run again */

/*
 * Checkpoints in a row that have had a job go back, after which it is not saved any more:
 * it may be chance, as with one in twelve of scripts that start programs all the time.
 */
#define BROKEN_MAX 3

/* ---- timers ---- */

double supervisor_uptime(void)
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

void supervisor_begin(struct supervisor *v)
{
	v->began = v->since = supervisor_uptime();
}

/* ---- the end ---- */

static void finish(struct supervisor *v, enum supervise_outcome outcome)
{
	v->finished = true;
	v->outcome = outcome;
}

void supervisor_yield(struct supervisor *v)
{
	v->superseded = true;
	if (!v->worker.pid)
		finish(v, SUPERVISE_SUPERSEDED);
}

void supervisor_give_back(struct supervisor *v)
{
	v->misled = true;
	if (!v->worker.pid)
		finish(v, SUPERVISE_MISLED);
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
	if (v->asked || supervisor_uptime() - v->began >= HASTY)
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

int supervisor_job_ended(void *arg, struct error *e)
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

	return v->event >= 0 && poll(&fd, 1, 0) > 0 ? supervisor_job_ended(v, e) : 0;
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

/* For who asked, and for who looks later. */
static void write_failure(struct supervisor *v, const struct error *error)
{
	struct event event = { .type = EVENT_FAILED };

	snprintf(event.reason, sizeof(event.reason), "%s",
		 request_reason(v->now.request, false));
	snprintf(event.text, sizeof(event.text), "%s", error->text);
	journal(v->s->task, v->s->folder, &event);
	control_finish(v->s->control, error->text);
}

static void checkpoint_failed(struct supervisor *v, const struct error *error)
{
	write_failure(v, error);
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
	v->s->broken = 0;
	v->s->cost = result->seconds;
	v->s->lost = 0;
	v->since = supervisor_uptime();
	if (v->asked)
		v->s->hasty = 0;
	write_checkpoint(v, result);
	leave_as(v, result);
}

static bool has_generations(const struct folder *folder)
{
	cleanup_free unsigned int *numbers = NULL;
	size_t count = 0;

	return generation_list(folder, &numbers, &count, NULL) < 0 || count > 0;
}

/*
 * The job cannot go on as it is. From the checkpoint before it can, or from its
 * beginning; but not again and again, if that gets it no further. e is what to say then:
 * what was said by now is put back, too.
 */
static void go_back(struct supervisor *v, const struct checkpoint_result *result,
		    struct error *e)
{
	struct supervision *s = v->s;
	bool saved = has_generations(s->folder);
	bool no_more = ++s->broken >= BROKEN_MAX;

	write_failure(v, &result->error);
	if (no_more)
		s->disabled++;
	s->unsaved = v->now.worth;
	/* Where Slurm is about to end it, it leaves all the same. */
	if (result->request == REQUEST_WARN || result->request == REQUEST_LOOK)
		leave_as(v, result);
	if (v->finished)
		return;
	finish(v, SUPERVISE_BACK);
	error_set(e, "it has %s%s: %s",
		  saved ? "gone back to its newest checkpoint" : "started over",
		  no_more ? ", and is not saved any more (see scheckpoint enable)" : "",
		  result->error.text);
}

/* What came while the job was being saved: then it would have disturbed the engine. */
void supervisor_pass_on_held(struct supervisor *v)
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

/* What came of it is told, and may be the end of this run; e is as in go_back(). */
static void settle(struct supervisor *v, struct checkpoint_result *result, bool failed,
		   struct error *e)
{
	bool broken = result->broken && !v->s->terminated;

	if (failed && v->aborted && !result->disallowed && !broken)
		explain_abort(v, result);
	if (v->superseded || result->superseded)
		finish(v, SUPERVISE_SUPERSEDED);
	else if (!failed)
		checkpoint_done(v, result);
	else if (broken)
		go_back(v, result, e);
	else if (result->gone) /* its end answers whoever asks */
		control_finish(v->s->control, result->error.text);
	else if (!v->aborted || *v->aborted)
		checkpoint_failed(v, &result->error);
	v->aborted = NULL;
	if (v->misled && !v->finished)
		finish(v, SUPERVISE_MISLED);
}

static int worker_ended(struct supervisor *v, struct error *e)
{
	struct checkpoint_result result;
	int rc = checkpoint_finish(&v->worker, &v->now, &result);
	bool failed = result.rc < 0;

	set_timer(v->deadline, 0);
	if (rc < 0)
		error_set(&result.error, "the checkpoint's worker was killed");
	else if (result.request != v->now.request)
		v->waiting = request_after(v->waiting, result.request);
	if (look_at_event(v, e) < 0)
		return -1;
	settle(v, &result, failed, e);
	if (v->now.request != REQUEST_LOOK)
		interval_set(&v->interval, v->s->cost);
	if (!v->finished && v->event < 0)
		return end_with_worker(v, failed, e);
	if (v->finished)
		return 0;
	supervisor_pass_on_held(v);
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
						 .work = supervisor_uptime() - v->since,
						 .lost = s->lost } };
	v->waiting = request_after(v->waiting, v->now.request);
	/* What another node has removed nobody tells. */
	supervisor_remake(v);
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
void supervisor_give_up(struct supervisor *v, const char *why)
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
