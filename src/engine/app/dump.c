// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dump - have a job save itself, and wait until it has.
 *
 * The signal is sent when there is somebody to hear it: a script that does not handle it
 * yet would be killed. Then the job says that it is saved: the script ends with the exit
 * code that the job has named, or the file appears. After an end TMPDIR and the outputs
 * are recorded when the last process is gone, and nothing is written any more. After the
 * file they are recorded as they are at that moment, while the job runs.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/loop.h"
#include "engine/app/app.h"
#include "engine/app/done_file.h"
#include "slurm/steps.h"

/* Between two looks whether there is somebody to hear the signal: nobody tells. */
#define LOOK_NS	      100000000L  /* of a process of this node, */
#define LOOK_STEPS_NS 1000000000L /* of slurmctld */

/* Seconds after its start in which a step may not be ready on other nodes. */
#define STEP_BEGINS 3

enum outcome {
	OPEN,	     /* it has not answered yet */
	SAVED,	     /* by the file, and runs on */
	SAVED_ENDED, /* by its end */
	ENDED,	     /* it has ended in another way */
	GIVEN_UP,
};

struct dumping {
	struct engine_run *run;
	const struct engine_job *job;
	const struct engine_dump *dump;
	struct loop *loop;
	struct done_file done;
	int timer;
	bool sent;
	enum outcome outcome;
};

/* ---- the signal ---- */

/*
 * Do the steps that run stand ready? What those on other nodes do cannot be seen, and is
 * taken to be as here a moment later. 1, 0, or -1.
 */
static int steps_ready(const struct dumping *d, struct error *e)
{
	const struct engine_job *job = d->job;
	enum app_hears hears;
	time_t newest = 0;
	int running = steps_running(job->job, &newest, e);

	if (running <= 0)
		return running;
	hears = app_steps_hear(job->job, job->wishes->signal);
	/* Steps need not have processes here. */
	if (hears == APP_HEARS && job->nodes == 1)
		return 1;
	return (hears == APP_HEARS || hears == APP_NOBODY) &&
	       time(NULL) - newest >= STEP_BEGINS;
}

/* 1: it is sent; 0: there is nobody yet. */
static int send_signal(const struct dumping *d, struct error *e)
{
	const struct wishes *w = d->job->wishes;
	struct sandbox *sb = &d->run->sandbox;
	int ready;

	if (!w->to_steps) {
		if (app_hears(sb->root, w->signal) != APP_HEARS)
			return 0;
		sandbox_signal_root(sb, w->signal);
		return 1;
	}
	ready = steps_ready(d, e);
	if (ready <= 0)
		return ready;
	return steps_signal(d->job->job, w->signal, e) < 0 ? -1 : 1;
}

static int try_signal(struct dumping *d, struct error *e)
{
	int rc = d->sent ? 1 : send_signal(d, e);

	if (rc < 0)
		return -1;
	d->sent = rc == 1;
	if (d->sent)
		loop_remove(d->loop, d->timer);
	return 0;
}

static int look_again(void *arg, struct error *e)
{
	struct dumping *d = arg;
	uint64_t count;

	(void)!read(d->timer, &count, sizeof(count));
	return try_signal(d, e);
}

/* ---- the answer ---- */

static int root_ended(void *arg, struct error *e)
{
	struct dumping *d = arg;

	(void)e;
	d->outcome = app_saved_itself(d->run) ? SAVED_ENDED : ENDED;
	return 0;
}

static int cancelled(void *arg, struct error *e)
{
	struct dumping *d = arg;

	(void)e;
	d->outcome = GIVEN_UP;
	return 0;
}

/* Why there was no answer. */
static int explain(const struct dumping *d, struct error *e)
{
	const struct wishes *w = d->job->wishes;
	const char *signal = app_signal_name(w->signal);
	const char *whom = w->to_steps ? "the job's steps" : "the script";

	if (!d->sent && w->to_steps)
		return error_set(e,
				 "no step of the job ran whose processes all handle %s",
				 signal);
	if (!d->sent)
		return error_set(e, "the script did not handle %s", signal);
	if (w->exit_code < 0)
		return error_set(e, "%s got %s, and %s has not appeared", whom, signal,
				 w->done_file);
	return error_set(e, "%s got %s, and %s not ended with exit code %d%s%s", whom,
			 signal, w->to_steps ? "the script has" : "has", w->exit_code,
			 w->done_file ? ", nor appeared " : "",
			 w->done_file ? w->done_file : "");
}

static int watch(struct dumping *d, struct error *e)
{
	long look = d->job->wishes->to_steps ? LOOK_STEPS_NS : LOOK_NS;
	const struct timespec between = { look / 1000000000L, look % 1000000000L };
	const struct itimerspec looks = { between, between };

	if (d->job->wishes->done_file &&
	    done_file_open(&d->done, d->job->wishes->done_file, d->loop, e) < 0)
		return -1;
	d->timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (d->timer < 0 || timerfd_settime(d->timer, 0, &looks, NULL) < 0)
		return error_sys(e, "timer");
	if (loop_add(d->loop, d->run->sandbox.events, root_ended, d, e) < 0 ||
	    loop_add(d->loop, d->dump->cancel_fd, cancelled, d, e) < 0)
		return -1;
	return loop_add(d->loop, d->timer, look_again, d, e);
}

static int ask_and_wait(struct dumping *d, struct error *e)
{
	if (watch(d, e) < 0 || try_signal(d, e) < 0)
		return -1;
	while (d->outcome == OPEN) {
		if (loop_once(d->loop, e) < 0)
			return -1;
		if (d->outcome == OPEN && d->done.there)
			d->outcome = SAVED;
	}
	return 0;
}

/* ---- what follows ---- */

/* What the script has left behind would write beside the one that is run again. */
static int end_the_rest(struct dumping *d, struct error *e)
{
	if (sandbox_end(&d->run->sandbox, e) < 0)
		return -1;
	return steps_end(d->job->job, d->dump->cancel_fd, e);
}

static int seal_ended(struct dumping *d, struct error *e)
{
	if (end_the_rest(d, e) < 0 || d->dump->seal(d->dump->arg, e) < 0)
		return -1;
	return d->dump->mode == DUMP_AND_GO_ON ? DUMP_ENDED : 0;
}

/* Its steps are ended by Slurm when the job leaves. */
static int seal_running(struct dumping *d, struct error *e)
{
	int rc = d->dump->seal(d->dump->arg, e);

	if (rc == SEAL_AND_STOP)
		return sandbox_end(&d->run->sandbox, e);
	return rc;
}

static int follow(struct dumping *d, struct error *e)
{
	if (!app_saved_itself(d->run) && ask_and_wait(d, e) < 0)
		return -1;
	switch (d->outcome) {
	case SAVED:
		return seal_running(d, e);
	case ENDED:
		return error_set(e, "the job ended instead of saving itself");
	case GIVEN_UP:
		return explain(d, e);
	default:
		return seal_ended(d, e);
	}
}

int app_dump(struct engine_run *run, const struct engine_job *job,
	     const struct engine_dump *dump, struct error *e)
{
	struct dumping d = { .run = run, .job = job, .dump = dump, .timer = -1 };
	int rc = -1;

	d.loop = loop_new(e);
	if (d.loop)
		rc = follow(&d, e);
	done_file_close(&d.done);
	if (d.timer >= 0)
		close(d.timer);
	loop_free(d.loop);
	return rc;
}
