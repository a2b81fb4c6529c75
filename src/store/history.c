// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "store/history.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/conf.h"
#include "base/str.h"

/* How far back the run of a late event is looked for: a runner that comes back to life
 * belongs to the run before the present one. */
#define RUNS_BACK 8

struct history_save {
	unsigned int generation;
	double position; /* seconds of useful work that it holds */
};

/* An array with room for one more: its size is doubled at each power of two. */
static int grow(void *array, size_t count, size_t size, struct error *e)
{
	void **p = array;
	void *grown;

	if (count & (count - 1))
		return 0;
	grown = reallocarray(*p, count ? count * 2 : 1, size);
	if (!grown)
		return error_sys(e, "history");
	*p = grown;
	return 0;
}

static double at_least_0(double value)
{
	return value > 0 ? value : 0;
}

/* ---- nodes ---- */

static const char *find_node(const struct history *h, const char *name)
{
	for (size_t i = h->nnodes; i > 0; i--) {
		if (!strcmp(h->nodes[i - 1], name))
			return h->nodes[i - 1];
	}
	return NULL;
}

/* The name, kept once; NULL without memory. */
static const char *keep_node(struct history *h, const char *name, struct error *e)
{
	const char *node = find_node(h, name);

	if (!node && h->nnodes >= HISTORY_NODES_MAX)
		node = h->nodes[h->nnodes - 1];
	if (node)
		return node;
	if (grow(&h->nodes, h->nnodes, sizeof(*h->nodes), e) < 0)
		return NULL;
	h->nodes[h->nnodes] = strdup(name);
	if (!h->nodes[h->nnodes]) {
		error_sys(e, "history");
		return NULL;
	}
	return h->nodes[h->nnodes++];
}

/* ---- work that is kept or lost ---- */

/* Divide the time of a run; claims that do not fit in it are cut to what does. */
static void divide(struct history_run *run)
{
	double left = at_least_0(run->end - run->begin);

	run->restore = run->restore < left ? run->restore : left;
	left -= run->restore;
	run->stopped = run->stopped < left ? run->stopped : left;
	run->work = left - run->stopped;
	run->kept = run->kept < run->work ? run->kept : run->work;
}

/* The job goes on with position seconds of work done: what came after is lost. */
static void go_back(struct history *h, double position)
{
	while (h->top != HISTORY_NONE) {
		struct history_run *run = &h->runs[h->top];

		if (run->from + run->kept <= position)
			return;
		run->kept = at_least_0(position - run->from);
		if (run->kept > 0)
			return;
		h->top = run->before;
	}
}

static double position_of(const struct history *h, unsigned int generation)
{
	size_t oldest = h->nsaves > CONF_KEEP_MAX ? h->nsaves - CONF_KEEP_MAX : 0;

	for (size_t i = h->nsaves; i > oldest; i--) {
		if (h->saves[i - 1].generation == generation)
			return h->saves[i - 1].position;
	}
	return h->resume;
}

/* ---- runs ---- */

static struct history_run *last_run(const struct history *h)
{
	return h->nruns ? &h->runs[h->nruns - 1] : NULL;
}

static void close_run(struct history *h, struct history_run *run, enum run_end how)
{
	if (run->how_ended != RUN_OPEN)
		return;
	if (how == RUN_DIED && run->how_begun == RUN_UNPROTECTED)
		how = RUN_UNSEEN;
	run->how_ended = how;
	divide(run);
	run->kept = run->work;
	run->before = h->top;
	h->top = (size_t)(run - h->runs);
	if (how == RUN_DIED)
		go_back(h, h->resume);
}

static void close_last(struct history *h, enum run_end how)
{
	struct history_run *run = last_run(h);

	if (run)
		close_run(h, run, how);
}

static int open_run(struct history *h, const struct event *ev, enum run_begin how,
		    struct error *e)
{
	const char *node = keep_node(h, ev->node, e);
	double before = ev->type == EVENT_RESTART || ev->type == EVENT_CHECKPOINT
				? ev->seconds
				: 0;

	if (!node || grow(&h->runs, h->nruns, sizeof(*h->runs), e) < 0)
		return -1;
	h->runs[h->nruns++] = (struct history_run){
		.how_begun = how,
		.node = node,
		.restart = ev->restart,
		.generation = how == RUN_RESTARTED ? ev->generation : 0,
		.begin = at_least_0(ev->time - before),
		.end = ev->time,
		.restore = how == RUN_RESTARTED ? ev->seconds : 0,
		.from = h->resume,
		.before = HISTORY_NONE,
	};
	return 0;
}

/* Whose event is this, of those begun last? */
static struct history_run *find_run(const struct history *h, const struct event *ev)
{
	size_t oldest = h->nruns > RUNS_BACK ? h->nruns - RUNS_BACK : 0;

	for (size_t i = h->nruns; i > oldest; i--) {
		struct history_run *run = &h->runs[i - 1];

		if (run->restart == ev->restart && !strcmp(run->node, ev->node))
			return run;
	}
	return NULL;
}

/* ---- each type of event ---- */

static int begin(struct history *h, const struct event *ev, struct error *e)
{
	static const enum run_begin how[] = { [EVENT_START] = RUN_STARTED,
					      [EVENT_RESTART] = RUN_RESTARTED,
					      [EVENT_UNPROTECTED] = RUN_UNPROTECTED };
	const struct history_run *last = last_run(h);
	bool again = ev->type == EVENT_RESTART;
	bool stays = again && last && last->restart == ev->restart &&
		     !strcmp(last->node, ev->node) && last->checkpoints > 0;

	close_last(h, stays ? RUN_STAYED : RUN_DIED);
	h->resume = again ? position_of(h, ev->generation) : 0;
	go_back(h, h->resume);
	if (again)
		h->restarts++;
	else
		h->starts++;
	return open_run(h, ev, how[ev->type], e);
}

static int save(struct history *h, struct history_run *run, const struct event *ev,
		struct error *e)
{
	double worked = ev->time - ev->seconds - run->begin - run->restore - run->stopped;

	if (grow(&h->saves, h->nsaves, sizeof(*h->saves), e) < 0)
		return -1;
	h->resume = run->from + at_least_0(worked);
	h->saves[h->nsaves++] = (struct history_save){ ev->generation, h->resume };
	h->checkpoints++;
	h->bytes = ev->bytes < UINT64_MAX - h->bytes ? h->bytes + ev->bytes : UINT64_MAX;
	run->checkpoints++;
	run->saved = ev->time;
	run->stopped += ev->seconds;
	return 0;
}

/* Nothing that could happen in the run before, so that has ended. */
static int add_alone(struct history *h, const struct event *ev)
{
	const struct history_run *last = last_run(h);

	if (last && ev->restart < last->restart)
		return 0;
	close_last(h, RUN_DIED);
	/* No checkpoint could be restored, and the job was not to start over. */
	if (ev->type == EVENT_END && ev->text[0])
		go_back(h, h->resume = 0);
	return 0;
}

static int add_to_run(struct history *h, const struct event *ev, struct error *e)
{
	struct history_run *run = find_run(h, ev);
	const struct history_run *last = last_run(h);

	if (!run && (ev->type == EVENT_END || ev->type == EVENT_HELD))
		return add_alone(h, ev);
	if (!run && last && ev->restart < last->restart)
		return 0;
	if (!run) {
		close_last(h, RUN_DIED);
		if (open_run(h, ev, RUN_FOUND, e) < 0)
			return -1;
		run = last_run(h);
	}
	run->end = ev->time > run->end ? ev->time : run->end;
	if (ev->type == EVENT_CHECKPOINT)
		return save(h, run, ev, e);
	/*
	 * It has stood since it was saved, however long Slurm took to let it go; unless
	 * it left unsaved, which is said.
	 */
	if (ev->type == EVENT_LEAVE && run->checkpoints > 0 && !ev->text[0])
		run->stopped += at_least_0(ev->time - run->saved);
	if (ev->type == EVENT_LEAVE || ev->type == EVENT_HELD)
		close_run(h, run, RUN_LEFT);
	if (ev->type == EVENT_END) {
		run->status = ev->status;
		close_run(h, run, RUN_ENDED);
	}
	return 0;
}

static int keep_event(struct history *h, const struct event *ev, struct error *e)
{
	const struct history_run *run = find_run(h, ev);
	const char *node = run ? run->node : keep_node(h, ev->node, e);
	size_t length = strlen(ev->text);
	struct history_event *kept;

	if (!node || grow(&h->events, h->nevents, sizeof(*h->events), e) < 0)
		return -1;
	kept = &h->events[h->nevents];
	*kept = (struct history_event){ .type = ev->type,
					.time = ev->time,
					.run = run ? (size_t)(run - h->runs)
						   : HISTORY_NONE,
					.node = node,
					.restart = ev->restart,
					.generation = ev->generation,
					.seconds = ev->seconds,
					.bytes = ev->bytes,
					.status = ev->status };
	snprintf(kept->reason, sizeof(kept->reason), "%s", ev->reason);
	str_make_printable(kept->reason);
	h->text += length;
	if (length && h->text <= HISTORY_TEXT_MAX && !(kept->text = strdup(ev->text)))
		return error_sys(e, "history");
	if (kept->text)
		str_make_printable(kept->text);
	h->nevents++;
	return 0;
}

int history_add(struct history *h, const struct event *event, struct error *e)
{
	struct event ev = *event;
	int rc;

	if (!*ev.node)
		snprintf(ev.node, sizeof(ev.node), "unknown");
	str_make_printable(ev.node);
	if (h->nevents >= h->max) {
		h->cut = true;
		return 0;
	}
	switch (ev.type) {
	case EVENT_START:
	case EVENT_RESTART:
	case EVENT_UNPROTECTED:
		rc = begin(h, &ev, e);
		break;
	case EVENT_FAILED:
		h->failures++;
		rc = add_to_run(h, &ev, e);
		break;
	default:
		rc = add_to_run(h, &ev, e);
	}
	return rc < 0 ? -1 : keep_event(h, &ev, e);
}

/* ---- totals ---- */

static void end_last(struct history *h, enum history_state state, unsigned int restart,
		     double now)
{
	struct history_run *run = last_run(h);

	if (!run || run->how_ended != RUN_OPEN || state == HISTORY_UNKNOWN)
		return;
	if (state == HISTORY_RUNS && run->restart == restart) {
		run->end = now > run->end ? now : run->end;
		return;
	}
	close_run(h, run, RUN_DIED);
}

void history_finish(struct history *h, enum history_state state, unsigned int restart,
		    double now)
{
	end_last(h, state, restart, now);
	for (size_t i = 0; i < h->nruns; i++) {
		struct history_run *run = &h->runs[i];

		divide(run);
		if (run->how_ended == RUN_OPEN)
			run->kept = run->work;
		h->deaths += run->how_ended == RUN_DIED;
		h->useful += run->kept;
		h->lost += run->work - run->kept;
		h->stopped += run->stopped;
		h->restoring += run->restore;
	}
	h->total = h->useful + h->lost + h->stopped + h->restoring;
}

double history_share(const struct history *h)
{
	return h->total > 0 ? h->useful / h->total : 1;
}

/* ---- the whole of it ---- */

void history_init(struct history *h)
{
	*h = (struct history){ .top = HISTORY_NONE, .max = HISTORY_EVENTS_MAX };
}

int history_read(struct history *h, const struct folder *folder, struct error *e)
{
	struct event_reader *reader = NULL;
	struct event event;
	int rc = -1;

	reader = event_reader_new(folder, e);
	while (reader && !h->cut) {
		rc = event_next(reader, &event, e);
		if (rc > 0)
			rc = history_add(h, &event, e) < 0 ? -1 : 1;
		if (rc <= 0)
			break;
	}
	event_reader_free(reader);
	return rc < 0 ? -1 : 0;
}

void history_free(struct history *h)
{
	for (size_t i = 0; i < h->nnodes; i++)
		free(h->nodes[i]);
	for (size_t i = 0; i < h->nevents; i++)
		free(h->events[i].text);
	free(h->nodes);
	free(h->events);
	free(h->runs);
	free(h->saves);
	history_init(h);
}
