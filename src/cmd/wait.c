// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The runner writes an event when it has done what it was asked for. A runner that was
 * killed writes nothing: every few seconds slurmctld is asked, once for all jobs and only
 * for what has changed, whether they run still.
 */
#define _GNU_SOURCE
#include "cmd/wait.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/identity.h"
#include "base/str.h"
#include "cmd/watch.h"
#include "store/generation.h"

#define SECONDS_PER_LOOK 5 /* between two questions to slurmctld */

struct waiting {
	const struct scheckpoint *s;
	struct asked *asked;
	size_t count;
	answer_fn answer;
	struct watch *watch;
	bool late;  /* --timeout has passed */
	bool shown; /* a line of progress */
	struct job_table jobs;
};

/* ---- progress ---- */

static void clear_progress(struct waiting *w)
{
	if (w->shown)
		fputs("\r\033[K", stderr);
	w->shown = false;
}

/* Of the first that is still at work. */
static void show_progress(struct waiting *w)
{
	struct asked *a = w->asked;
	unsigned long long before;

	if (w->s->quiet || !isatty(STDERR_FILENO))
		return;
	while (a < w->asked + w->count && !a->pending)
		a++;
	if (a == w->asked + w->count)
		return;
	before = a->written;
	if (identity_become(a->job->user_name, NULL) == 0)
		a->written = generation_bytes_half_written(&a->folder);
	identity_back();
	clear_progress(w);
	fprintf(stderr, "job %s: %s written, %s/s", a->name, str_size(a->written).text,
		str_size(a->written > before ? a->written - before : 0).text);
	fflush(stderr);
	w->shown = true;
}

/* ---- answers ---- */

static size_t pending(const struct waiting *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->count; i++)
		n += w->asked[i].pending;
	return n;
}

static void complain_of(struct waiting *w, struct asked *a, const char *why)
{
	struct error e;

	clear_progress(w);
	error_set(&e, "job %s: %s", a->name, why);
	a->status = complain(&e);
	a->pending = false;
}

/*
 * As the user, from whose files it comes. So many at once: a user who writes faster than
 * we read does not keep the others waiting.
 */
#define EVENTS_AT_ONCE 1000

static int read_some(struct waiting *w, struct asked *a, struct error *e)
{
	struct event event;
	int rc = 1;

	if (identity_become(a->job->user_name, e) < 0)
		return -1;
	for (int i = 0; a->pending && rc > 0 && i < EVENTS_AT_ONCE; i++) {
		rc = event_next(a->reader, &event, e);
		if (rc <= 0)
			break;
		clear_progress(w);
		a->pending = !w->answer(w->s, a, &event);
	}
	identity_back();
	return rc < 0 ? -1 : 0;
}

/* What is wrong with one job's events ends nothing for the others. */
static void read_events(struct waiting *w, struct asked *a)
{
	struct error e;

	if (a->pending && read_some(w, a, &e) < 0)
		complain_of(w, a, e.text);
}

static void read_all(struct waiting *w)
{
	for (size_t i = 0; i < w->count; i++)
		read_events(w, &w->asked[i]);
}

/* Its runner tells Slurm that the job leaves before it answers. */
static bool is_there_still(const struct asked *a, const struct job_entry *now)
{
	return now->phase == JOB_LEAVES ||
	       (now->phase == JOB_RUNS && now->restarts == a->job->restarts);
}

/* A job that runs no more, or has been started again, has an answer or has none. */
static void look_at_jobs(struct waiting *w)
{
	if (job_table_load(&w->jobs, NULL) < 0)
		return; /* slurmctld may be back the next time */
	for (size_t i = 0; i < w->count; i++) {
		struct asked *a = &w->asked[i];
		const struct job_entry *now;

		if (!a->pending)
			continue;
		now = job_table_find(&w->jobs, a->job->id);
		if (now && is_there_still(a, now))
			continue;
		read_events(w, a);
		if (a->pending)
			complain_of(w, a,
				    "it is not running any more, and did not answer");
	}
}

/* ---- events ---- */

static int file_changed(void *arg, struct error *e)
{
	(void)e;
	read_all(arg);
	return 0;
}

static int second_passed(void *arg, struct error *e)
{
	struct waiting *w = arg;
	long passed = watch_seconds(w->watch);

	(void)e;
	read_all(w);
	if (w->s->timeout && passed >= w->s->timeout) {
		w->late = true;
		return 0;
	}
	show_progress(w);
	if (passed % SECONDS_PER_LOOK == 0)
		look_at_jobs(w);
	return 0;
}

static int prepare(struct waiting *w, struct error *e)
{
	w->watch = watch_new(file_changed, second_passed, w, e);
	if (!w->watch)
		return -1;
	for (size_t i = 0; i < w->count; i++) {
		if (w->asked[i].pending)
			watch_folder(w->watch, &w->asked[i].folder);
	}
	return 0;
}

int wait_for_answers(const struct scheckpoint *s, struct asked *asked, size_t count,
		     answer_fn answer, struct error *e)
{
	struct waiting w = { .s = s, .asked = asked, .count = count, .answer = answer };
	int rc = prepare(&w, e);

	if (rc == 0)
		read_all(&w);
	while (rc == 0 && !w.late && pending(&w) > 0)
		rc = watch_once(w.watch, e);
	clear_progress(&w);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		if (asked[i].pending)
			complain_of(&w, &asked[i],
				    "it has not answered within --timeout; the request "
				    "stands");
	}
	job_table_free(&w.jobs);
	watch_free(w.watch);
	return rc;
}

/* ---- back in the queue ---- */

static bool are_held(const struct job_table *jobs, const struct asked *asked,
		     size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct job_entry *now = job_table_find(jobs, asked[i].job->id);

		if (asked[i].status == EXIT_DONE && now && now->phase != JOB_HELD &&
		    now->phase != JOB_OVER)
			return false;
	}
	return true;
}

int wait_until_held(const struct scheckpoint *s, struct asked *asked, size_t count,
		    struct error *e)
{
	struct itimerspec second = { .it_value.tv_sec = 1, .it_interval.tv_sec = 1 };
	cleanup_close int timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC);
	struct job_table jobs = { 0 };
	uint64_t ticks;
	long passed = 0;
	int rc = 0;

	if (timer < 0 || timerfd_settime(timer, 0, &second, NULL) < 0)
		return error_sys(e, "cannot wait for events");
	while (rc == 0) {
		rc = job_table_load(&jobs, e);
		if (rc < 0 || are_held(&jobs, asked, count))
			break;
		if (s->timeout && passed++ >= s->timeout)
			rc = error_set(e, "the jobs have left, but are not back in the "
					  "queue within --timeout");
		else
			(void)!read(timer, &ticks, sizeof(ticks));
	}
	job_table_free(&jobs);
	return rc;
}
