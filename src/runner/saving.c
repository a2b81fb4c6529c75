// SPDX-License-Identifier: GPL-2.0-or-later
/* The checkpoints of a job that is supervised, one at a time, and its end. */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/uptime.h"
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

/* Seconds after which one that Slurm's warning asks for is tried again: nobody asks
 * twice. */
#define AGAIN 1

/* Milliseconds within which init tells of a job that criu has ended. */
#define TOLD_WITHIN 1000

void supervisor_begin(struct supervisor *v)
{
	v->began = v->since = uptime_now();
}

/* ---- the end ---- */

/* Once: it is read. */
static void learn_status(struct supervisor *v)
{
	if (v->s->status_known)
		return;
	v->s->status_known = true;
	if (v->s->engine->status(v->s->run, &v->s->status) < 0)
		v->s->status = -1;
}

static bool saved_itself(const struct supervisor *v)
{
	return v->s->engine->saved_itself && v->s->engine->saved_itself(v->s->run);
}

/* Does it end again and again, soon after its start, and was never asked to? */
static bool is_hasty(struct supervisor *v)
{
	if (v->asked || uptime_now() - v->began >= HASTY)
		v->s->hasty = 0;
	else
		v->s->hasty++;
	return v->s->hasty >= HASTY_MAX;
}

static enum happening name_end(struct supervisor *v)
{
	if (!saved_itself(v))
		return HAPPENS_END;
	if (!is_hasty(v))
		return HAPPENS_END_SAVED;
	say(v->s->task->job,
	    "it is not run again: it has ended %d times as if it were saved, "
	    "within %d seconds of its start and without having been asked to",
	    HASTY_MAX, HASTY);
	return HAPPENS_END;
}

void supervisor_happens(struct supervisor *v, enum happening happening)
{
	v->state = states_next(v->state, happening);
	if (v->state == STATE_ENDS)
		learn_status(v);
	if (v->state != STATE_SAVED_ITSELF)
		return;
	/* It may have heard Slurm's warning as well, and be late. */
	supervisor_ask(v, v->s->warned ? REQUEST_WARN : REQUEST_INTERVAL);
	if (v->state == STATE_SAVED_ITSELF)
		supervisor_happens(v, HAPPENS_NOT_BEGUN);
}

int supervisor_job_ended(void *arg, struct error *e)
{
	struct supervisor *v = arg;

	(void)e;
	loop_remove(v->s->loop, v->event);
	v->event = -1;
	/* A checkpoint that stops the job ends it too: only its result tells. */
	supervisor_happens(v, name_end(v));
	return 0;
}

/* The same, if it has ended within so many milliseconds. */
static void look_at_event(struct supervisor *v, int ms)
{
	struct pollfd fd = { .fd = v->event, .events = POLLIN };

	if (v->event >= 0 && poll(&fd, 1, ms) > 0)
		(void)supervisor_job_ended(v, NULL);
}

/* ---- what is told ---- */

/* Slurm and the clock are told nothing, and ask again. */
static bool somebody_asked(enum request request)
{
	return request != REQUEST_INTERVAL && request != REQUEST_WARN &&
	       request != REQUEST_LOOK;
}

/*
 * Once: a disk that stays full is one message, not one an interval. Who asks is
 * answered every time.
 */
static void tell(struct supervisor *v, const char *what, const struct error *error)
{
	if (!somebody_asked(v->now.request) && !strcmp(v->last.text, error->text))
		return;
	v->last = *error;
	if (v->s->task->conf.log_level >= LOG_ERROR)
		say(v->s->task->job, "%s: %s", what, error->text);
}

/* For who asked, and for who looks later. */
static void write_failure(struct supervisor *v, const struct checkpoint_result *result)
{
	const struct error *error = &result->error;
	struct event event = { .type = EVENT_FAILED };

	snprintf(event.reason, sizeof(event.reason), "%s",
		 request_reason(result->request, result->preempted));
	snprintf(event.text, sizeof(event.text), "%s", error->text);
	journal(v->s->task, v->s->folder, &event);
	control_finish(v->s->control, error->text);
}

static void checkpoint_failed(struct supervisor *v,
			      const struct checkpoint_result *result)
{
	write_failure(v, result);
	if (v->event >= 0)
		tell(v, "no checkpoint was taken", &result->error);
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
	snprintf(event.text, sizeof(event.text), "%s", result->remark.text);
	journal(v->s->task, v->s->folder, &event);
}

/* ---- what came of a checkpoint ---- */

static bool is_to_leave(const struct checkpoint_result *result)
{
	return result->leaving != LEAVE_NOT && result->leaving != LEAVE_IGNORE;
}

/* As its generations are; unless somebody asks for more. */
static enum happening leave_unsaved(struct supervisor *v,
				    const struct checkpoint_result *result)
{
	control_finish(v->s->control, "the job leaves without a checkpoint");
	if (request_first(v->waiting) > REQUEST_WARN)
		return HAPPENS_UNWANTED;
	v->s->unsaved = v->now.worth;
	v->s->leaving = result->leaving;
	return HAPPENS_UNSAVED;
}

static enum happening checkpoint_done(struct supervisor *v,
				      const struct checkpoint_result *result)
{
	if (result->unsaved)
		return leave_unsaved(v, result);
	control_finish(v->s->control, NULL);
	if (result->leaving == LEAVE_IGNORE)
		return HAPPENS_UNWANTED;
	v->s->broken = 0;
	v->s->cost = result->seconds;
	v->s->lost = 0;
	v->since = uptime_now();
	if (v->asked)
		v->s->hasty = 0;
	write_checkpoint(v, result);
	if (result->remark.text[0])
		tell(v, "the checkpoint is kept, but an older one cannot be removed",
		     &result->remark);
	else
		v->last.text[0] = '\0';
	v->s->leaving = result->leaving;
	if (is_to_leave(result))
		return HAPPENS_KEPT_STOP;
	return result->ended ? HAPPENS_KEPT_ENDED : HAPPENS_KEPT;
}

/*
 * The job cannot go on as it is. From the checkpoint before it can, or from its
 * beginning; but not again and again, if that gets it no further. What is said then is
 * kept: what was said by now is put back, too.
 */
static enum happening go_back(struct supervisor *v,
			      const struct checkpoint_result *result)
{
	struct supervision *s = v->s;
	bool saved = generation_any(s->folder);
	bool no_more = ++s->broken >= BROKEN_MAX;

	write_failure(v, result);
	if (no_more)
		s->disabled++;
	s->unsaved = v->now.worth;
	/* Where Slurm is about to end it, it leaves all the same. */
	if ((result->request == REQUEST_WARN || result->request == REQUEST_LOOK) &&
	    is_to_leave(result)) {
		s->leaving = result->leaving;
		return HAPPENS_HARMED_STOP;
	}
	error_set(&v->back, "it has %s%s: %s",
		  saved ? "gone back to its newest checkpoint" : "started over",
		  no_more ? ", and is not saved any more (see scheckpoint enable)" : "",
		  result->error.text);
	return HAPPENS_HARMED;
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

/* Why it was given up, before what the engine says; "it was given up" says no more. */
static void explain_abort(const struct supervisor *v, struct checkpoint_result *result)
{
	if (v->s->engine->hears)
		error_prefix(&result->error, "%s", v->aborted);
	else
		error_set(&result->error, "%s", v->aborted);
}

/* What came of it is told, and named. */
static enum happening settle(struct supervisor *v, struct checkpoint_result *result)
{
	bool failed = result->rc < 0, broken = result->broken && !v->s->terminated;

	if (result->superseded)
		supervisor_happens(v, HAPPENS_RIVAL);
	if (v->state == STATE_SAVING_RIVAL)
		return HAPPENS_FAILED;
	if (failed && v->aborted && !result->disallowed && !broken)
		explain_abort(v, result);
	if (!failed)
		return checkpoint_done(v, result);
	if (broken)
		return go_back(v, result);
	if (result->gone) /* its end answers whoever asks */
		control_finish(v->s->control, result->error.text);
	else if (!v->aborted || *v->aborted)
		checkpoint_failed(v, result);
	return HAPPENS_FAILED;
}

/*
 * The worker has committed, and then was killed, or something else failed it: has the job
 * been ended by that checkpoint? Then it is one.
 */
static bool was_stopped(struct supervisor *v, const struct checkpoint_result *result)
{
	struct supervision *s = v->s;

	if (!result->committed || result->broken)
		return false;
	look_at_event(v, is_to_leave(result) ? TOLD_WITHIN : 0);
	if (v->state != STATE_SAVING_GONE)
		return false;
	learn_status(v);
	return s->status < 0 ||
	       (WIFSIGNALED(s->status) && WTERMSIG(s->status) == SIGKILL);
}

/* The result as it is, whatever the worker has said, or not. */
static void collect(struct supervisor *v, struct checkpoint_result *result)
{
	if (checkpoint_finish(&v->worker, &v->now, result) < 0)
		error_set(&result->error, "the checkpoint's worker was killed");
	else if (result->request != v->now.request)
		v->waiting = request_after(v->waiting, result->request);
	if (result->rc == 0 || !was_stopped(v, result))
		return;
	result->rc = 0;
	result->ended = true;
}

static void worker_ended(struct supervisor *v)
{
	struct checkpoint_result result;
	enum happening happening;

	v->deadline = 0;
	look_at_event(v, 0);
	collect(v, &result);
	look_at_event(v, 0);
	happening = settle(v, &result);
	v->aborted = NULL;
	if (v->now.request != REQUEST_LOOK)
		interval_set(&v->interval, v->s->cost);
	supervisor_happens(v, happening);
	if (v->state != STATE_RUNS)
		return;
	supervisor_pass_on_held(v);
	supervisor_begin_next(v);
}

/* ---- checkpoints ---- */

static int worker_closed(void *arg, struct error *e)
{
	struct supervisor *v = arg;

	(void)e;
	loop_remove(v->s->loop, v->worker.ended_fd);
	if (--v->worker_ends == 0)
		worker_ended(v);
	return 0;
}

static int engine_closed(void *arg, struct error *e)
{
	struct supervisor *v = arg;

	(void)e;
	loop_remove(v->s->loop, v->worker.done_fd);
	if (--v->worker_ends == 0)
		worker_ended(v);
	return 0;
}

/* The job is as it was, and the next occasion is awaited: the warning has no other. */
static void not_begun(struct supervisor *v, const struct error *why)
{
	const struct checkpoint_result result = { .rc = -1,
						  .request = v->now.request,
						  .error = *why };

	checkpoint_failed(v, &result);
	interval_set(&v->interval, v->s->cost);
	if (v->now.request == REQUEST_WARN || v->now.request == REQUEST_LOOK) {
		v->waiting |= v->now.request;
		v->again = uptime_now() + AGAIN;
	}
	supervisor_happens(v, HAPPENS_NOT_BEGUN);
}

static void describe_next(struct supervisor *v)
{
	const struct supervision *s = v->s;

	v->now = (struct checkpoint){ .task = s->task,
				      .folder = s->folder,
				      .engine = s->engine,
				      .job = s->job,
				      .run = s->run,
				      .request = request_first(v->waiting),
				      .worth = { .saved = s->cost > 0,
						 .cost = s->cost,
						 .work = uptime_now() - v->since,
						 .lost = s->lost } };
	v->waiting = request_after(v->waiting, v->now.request);
}

void supervisor_begin_next(struct supervisor *v)
{
	struct error e;

	if (!states_stays(v->state) || states_is_saving(v->state) || v->waiting == 0 ||
	    v->s->disabled > 0)
		return;
	v->again = 0;
	describe_next(v);
	/* What another node has removed nobody tells. */
	supervisor_remake(v);
	v->asked = v->asked || (v->event >= 0 && v->now.request != REQUEST_LOOK);
	control_begin(v->s->control);
	if (checkpoint_start(&v->worker, &v->now, &e) < 0) {
		not_begun(v, &e);
		if (v->again == 0)
			supervisor_begin_next(v);
		return;
	}
	v->worker_ends = 2;
	/* There is room: control.h lets few ask at a time. */
	(void)loop_add(v->s->loop, v->worker.ended_fd, worker_closed, v, NULL);
	(void)loop_add(v->s->loop, v->worker.done_fd, engine_closed, v, NULL);
	v->deadline = uptime_now() + (double)v->s->task->conf.dump_timeout;
	supervisor_happens(v, HAPPENS_BEGUN);
}

/* why is empty if nobody needs to be told. */
void supervisor_give_up(struct supervisor *v, const char *why)
{
	if (!states_is_saving(v->state) || v->aborted)
		return;
	v->aborted = why;
	checkpoint_abort(&v->worker);
}

void supervisor_ask(struct supervisor *v, enum request request)
{
	v->waiting |= request;
	/* Slurm gives little time: what is being written will do for that, too. */
	if (states_is_saving(v->state) && request_overrides(v->now.request, request))
		checkpoint_ask(&v->worker, request);
	supervisor_begin_next(v);
}
