// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The runner: the batch task of a job that is checkpointed, as the job's user, in
 * the job's cgroup. It starts the job's script through an engine or has it go on
 * from its newest checkpoint, stays with it, and ends as it ends. Where it cannot
 * protect the job it says so and becomes the script.
 */
#define _GNU_SOURCE
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/environment.h"
#include "base/hidden.h"
#include "base/protocol.h"
#include "base/uptime.h"
#include "plan/baseline.h"
#include "runner/apart.h"
#include "runner/cpu_record.h"
#include "runner/directories.h"
#include "runner/journal.h"
#include "runner/mark.h"
#include "runner/order.h"
#include "runner/own_output.h"
#include "runner/record.h"
#include "runner/restart.h"
#include "runner/runner.h"
#include "runner/say.h"
#include "runner/supervise.h"

/* How often a generation that cannot be read just now is tried, and milliseconds between.
 */
#define RESTART_TRIES 3
#define RESTART_PAUSE 1000

extern char **environ;

/* ---- start ---- */

/* Do the job's programs bind their symbols as they start (ld.so(8))? */
static bool bind_now(void)
{
	const char *value = hidden_get("LD_BIND_NOW");

	return value && *value;
}

/* What the job sees of us in its environment. */
static int set_environment(struct runner *r, struct error *e)
{
	const char *tmpdir = directories_tmpdir(&r->job);
	cleanup_free char **own = NULL;
	struct cpu node;

	if ((tmpdir && setenv("TMPDIR", tmpdir, 1) < 0) ||
	    setenv(CHECKPOINT_ENV_IMAGE_DIR, r->folder.path, 1) < 0)
		return error_sys(e, "environment");
	cpu_read(&node);
	environment_free(r->envp);
	own = hidden_environment(environ);
	r->envp = own ? baseline_environment(own, &node, r->task.cpu, bind_now()) : NULL;
	r->job.envp = r->envp;
	return r->envp ? 0 : error_sys(e, "environment");
}

static void reset_environment(const struct runner *r)
{
	unsetenv(CHECKPOINT_ENV_IMAGE_DIR);
	if (r->old_tmpdir)
		setenv("TMPDIR", r->old_tmpdir, 1);
	else
		unsetenv("TMPDIR");
}

static void tell_started(struct runner *r)
{
	const char *passed_over = r->passed_over.text;
	struct event event = { .type = EVENT_START };

	snprintf(event.engine, sizeof(event.engine), "%s", r->engine->name);
	snprintf(event.text, sizeof(event.text), "%s", passed_over);
	journal(&r->task, &r->folder, &event);
	if (r->task.conf.log_level >= LOG_VERBOSE)
		say(r->task.job, "it is saved by %s%s%s", r->engine->name,
		    *passed_over ? "; passed over were " : "", passed_over);
}

/* It begins again: nothing that waited for the job that was is for this one. */
static void forget_signals(struct runner *r)
{
	sigset_t none;

	sigemptyset(&none);
	record_save_held(&r->folder, &none);
}

/* A job that was requeued by its script or its user is as it is to be; others are told.
 */
static void tell_start_over(struct runner *r)
{
	const char *requeued = manifest_get(&r->folder.record, ATTR_REQUEUED);

	if (*r->over.text && !(requeued && *requeued))
		say(r->task.job, "it starts over: %s", r->over.text);
	if (requeued && *requeued &&
	    manifest_set(&r->folder.record, ATTR_REQUEUED, "%s", "") == 0)
		(void)folder_save(&r->folder, NULL);
}

/* At its first start what is in its outputs is others', however much that has become. */
static int start_outputs(struct runner *r, struct error *e)
{
	bool first = r->task.restart == 0 && !r->task.from && !r->started;

	r->started = true;
	return first ? 0 : start_outputs_over(r, e);
}

static int start(struct runner *r, struct error *e)
{
	struct engine_choice choice;

	r->job.restored = 0;
	forget_signals(r);
	mark_remove(&r->folder);
	if (engine_choose(&r->job, &choice, e) < 0 ||
	    directories_place(&r->job, choice.engine, e) < 0 ||
	    directories_empty(&r->job, e) < 0 || start_outputs(r, e) < 0 ||
	    set_environment(r, e) < 0)
		return -1;
	r->engine = choice.engine;
	cpu_record_start(&r->folder, r->task.cpu, bind_now(), r->engine->fits);
	r->run = r->engine->start(&r->job, e);
	if (!r->run)
		return -1;
	r->passed_over = choice.passed_over;
	tell_started(r);
	tell_start_over(r);
	return 0;
}

/* Returns if that is no use. */
static void begin_again(struct runner *r, const struct error *e)
{
	scratch_remove(&r->scratch);
	task_begin_again(&r->task, e);
}

static void start_or_exec(struct runner *r)
{
	struct error e;

	if (start(r, &e) < 0) {
		begin_again(r, &e);
		reset_environment(r);
		run_unprotected(r, &e);
	}
	(void)apart_save_submission(&r->folder, &r->task, NULL);
}

/* From its beginning, though it was started before. */
static void start_over_or_exec(struct runner *r, const struct error *why)
{
	r->over = *why;
	start_or_exec(r);
	r->over.text[0] = '\0';
}

/* ---- go on ---- */

static void tell_restarted(struct runner *r, const struct restarted *restarted)
{
	struct event event = { .type = EVENT_RESTART,
			       .generation = restarted->generation,
			       .seconds = restarted->seconds };

	snprintf(event.engine, sizeof(event.engine), "%s", r->engine->name);
	snprintf(event.text, sizeof(event.text), "%.500s%s%.500s", restarted->remark.text,
		 *restarted->remark.text && *restarted->kept.text ? "; " : "",
		 restarted->kept.text);
	journal(&r->task, &r->folder, &event);
	if (restarted->kept.text[0])
		say(r->task.job, "%s", restarted->kept.text);
	if (!restarted->refused.text[0])
		return;
	event = (struct event){ .type = EVENT_REFUSED };
	snprintf(event.text, sizeof(event.text), "%s", restarted->refused.text);
	journal(&r->task, &r->folder, &event);
	say(r->task.job,
	    "it continues from generation %u, since a newer one was refused: %s",
	    restarted->generation, restarted->refused.text);
}

/* What the node only lacks for a moment is no reason to have somebody called. */
static enum restart_outcome restart_patiently(struct runner *r,
					      struct restarted *restarted,
					      struct error *e)
{
	struct pollfd cancelled = { .fd = r->job.cancel_fd, .events = POLLIN };
	enum restart_outcome outcome;

	for (int i = 1;; i++) {
		outcome = restart(&r->job, r->task.from_generation, restarted, e);
		if (outcome != RESTART_ELSEWHERE || !error_is_passing(e) ||
		    i == RESTART_TRIES)
			return outcome;
		if (poll(&cancelled, 1, RESTART_PAUSE) > 0)
			return RESTART_CANCELLED;
	}
}

static void go_on(struct runner *r)
{
	struct restarted restarted;
	enum restart_outcome outcome;
	struct error e;

	r->job.cancel_fd = open_cancel_fd();
	r->job.restored = record_count(&r->folder, ATTR_RESTORED) + 1;
	if (set_environment(r, &e) < 0)
		hold(r, &e);
	outcome = restart_patiently(r, &restarted, &e);
	close(r->job.cancel_fd);
	switch (outcome) {
	case RESTART_NONE:
		if (!*r->over.text)
			error_set(&r->over, "there is no checkpoint of it");
		start_over_or_exec(r, &r->over);
		return;
	case RESTART_RUNNING:
		r->engine = restarted.engine;
		r->run = restarted.run;
		r->passed_over.text[0] = '\0';
		r->cost = restarted.cost;
		r->restored = (struct restoration){ restarted.generation, uptime_now(),
						    restarted.cpu };
		cpu_record_continue(&r->folder, &restarted.cpu);
		r->task.from_generation = 0;
		record_set_count(&r->folder, ATTR_RESTORED, r->job.restored);
		tell_restarted(r, &restarted);
		return;
	case RESTART_CANCELLED:
		end_cancelled(r);
	case RESTART_ELSEWHERE:
		hold(r, &e);
	case RESTART_LESSER:
		cpu_record_require(&r->folder, &restarted.cpu);
		go_elsewhere(r, &e);
	case RESTART_DAMAGED:
		break;
	}
	if (r->task.fallback == FALLBACK_FAIL)
		fail(r, &e);
	start_over_or_exec(r, &e);
}

/* It has saved itself, but no checkpoint of that could be kept: it goes on as it is. */
static void run_again(struct runner *r)
{
	struct error e;

	r->job.restored = record_count(&r->folder, ATTR_RESTORED) + 1;
	r->run = r->engine->start(&r->job, &e);
	if (!r->run)
		fail(r, &e);
	record_set_count(&r->folder, ATTR_RESTORED, r->job.restored);
}

/* ---- stay ---- */

/* Back to Slurm; or, if that does not take it, on from the checkpoint here. */
static void leave_or_go_on(struct runner *r, enum leaving how, const char *text)
{
	struct error e;

	leave(r, how, text, &e);
	go_on(r);
	say(r->task.job, "it stays on %s: %s", r->task.node, e.text);
}

/* What has to be known at the next start. */
static void remember(struct runner *r, struct supervision *s, enum state state)
{
	/* What was for the job that has ended is not for its next start. */
	if (state == STATE_ENDS)
		sigemptyset(&s->held);
	/* So Slurm ends this start, and no later one. */
	if (s->ordered)
		sigdelset(&s->held, SIGTERM);
	record_save_held(&r->folder, &s->held);
	record_set_count(&r->folder, ATTR_DISABLED, s->disabled);
	record_set_count(&r->folder, ATTR_LOST,
			 (unsigned int)lround((s->lost + s->unsaved.work) * 1000));
	if (!s->warned || manifest_get(&r->folder.record, ATTR_WARNED))
		return;
	(void)manifest_set(&r->folder.record, ATTR_WARNED, "yes");
	(void)folder_save(&r->folder, NULL);
}

static enum state supervise_run(struct runner *r, struct supervision *s, struct error *e)
{
	enum state state;

	*s = (struct supervision){ .task = &r->task,
				   .folder = &r->folder,
				   .engine = r->engine,
				   .job = &r->job,
				   .run = r->run,
				   .passed_over = r->passed_over.text,
				   .control = r->hears,
				   .loop = r->loop,
				   .signals = r->signals,
				   .cost = r->cost,
				   .lost = record_count(&r->folder, ATTR_LOST) / 1000.0,
				   .hasty = r->hasty,
				   .broken = r->broken,
				   .disabled = record_count(&r->folder, ATTR_DISABLED),
				   .restored = record_count(&r->folder, ATTR_RESTORED) };
	record_load_held(&r->folder, &s->held);
	state = supervise(s, e);
	r->hasty = s->hasty;
	r->broken = s->broken;
	r->terminated = s->terminated;
	r->engine->stop(r->run);
	r->run = NULL;
	r->unsaved = s->unsaved;
	remember(r, s, state);
	return state;
}

/* The job has ended; or it has to go back to its checkpoint, on another CPU. */
static void end_or_go_back(struct runner *r, int status) __attribute__((noreturn));

static void end_or_go_back(struct runner *r, int status)
{
	struct event event = { .type = EVENT_REFUSED };
	struct error e;

	if (status < 0)
		end_killed(r, SIGKILL);
	if (!illegal_instruction(&r->restored, status, uptime_now(), &e))
		end(r, status);
	event.generation = r->restored.generation;
	snprintf(event.text, sizeof(event.text), "%s", e.text);
	journal(&r->task, &r->folder, &event);
	go_elsewhere(r, &e);
}

static void supervise_to_the_end(struct runner *r) __attribute__((noreturn));

/* One of those in which it does not stay (states.h), until it does again. */
static void act(struct runner *r, enum state state, const struct supervision *s,
		const struct error *e)
{
	switch (state) {
	case STATE_ENDS:
		end_or_go_back(r, s->status);
	case STATE_LEAVES:
		leave_or_go_on(r, s->leaving, NULL);
		break;
	case STATE_RETURNS:
		leave_or_go_on(r, LEAVE_QUEUE, ORDER_MISTAKEN);
		break;
	case STATE_YIELDS:
		/* What it is to end with, the other one will tell Slurm. */
		scratch_remove(&r->scratch);
		_exit(1);
	case STATE_CONTINUES:
		go_on(r);
		break;
	case STATE_GOES_BACK:
		go_on(r);
		say(r->task.job, "%s", e->text);
		break;
	case STATE_AGAIN:
		run_again(r);
		break;
	default: /* it stays */
		break;
	}
}

static void supervise_to_the_end(struct runner *r)
{
	for (;;) {
		struct supervision s;
		struct error e;
		enum state state = supervise_run(r, &s, &e);

		act(r, state, &s, &e);
	}
}

/*
 * We can do nothing for it. There may be checkpoints, to start over would be to lose
 * them; otherwise it runs as it would without us.
 */
static void hold_or_exec(struct runner *r, const struct error *e)
	__attribute__((noreturn));

static void hold_or_exec(struct runner *r, const struct error *e)
{
	begin_again(r, e);
	if (r->task.restart > 0 || r->task.from)
		hold(r, e);
	run_unprotected(r, e);
}

int main(int argc, char **argv)
{
	struct runner r = { .folder.fd = -1, .lock = -1, .scratch.fd = -1 };
	struct error e;
	sigset_t all;

	if (task_take_over(&r.task, argc, argv, &e) < 0) {
		fprintf(stderr, "slurm-checkpoint: error: %s\n", e.text);
		return 2;
	}
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	if (task_read(&r.task, &e) < 0)
		hold_or_exec(&r, &e);
	if (prepare(&r, &e) < 0)
		hold_or_exec(&r, &e);
	cpu_record_node(&r.task, &r.folder);
	if (r.task.restart == 0 && r.task.conf.ignored &&
	    r.task.conf.log_level >= LOG_INFO)
		say(r.task.job, "%s", r.task.conf.ignored);
	if (r.task.restart > 0 || r.task.from) {
		end_again(&r);
		go_on(&r);
	} else {
		start_or_exec(&r);
	}
	supervise_to_the_end(&r);
}
