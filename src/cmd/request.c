// SPDX-License-Identifier: GPL-2.0-or-later
/* create, vacate, requeue, disable, enable, able: of jobs that run. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "slurm/elsewhere.h"
#include "cmd/inside.h"
#include "cmd/protected.h"
#include "cmd/running.h"
#include "slurm/nodes.h"

/* ---- answers ---- */

static struct json_object *new_json(const struct scheckpoint *s, const struct asked *a,
				    const struct event *event)
{
	struct json_object *o = json_add_job(s->json, a->name, a->job->user_name);

	json_seconds(o, "time", event->time);
	json_text(o, "node", event->node);
	json_text(o, "event", event_name(event->type));
	if (event->type == EVENT_CHECKPOINT) {
		json_number(o, "generation", event->generation);
		json_number(o, "bytes", event->bytes);
		json_seconds(o, "seconds", event->seconds);
		json_text(o, "reason", event->reason);
	}
	json_text(o, "error", *event->text ? event->text : NULL);
	return o;
}

static void refused(struct asked *a, const char *why)
{
	struct error e;

	error_set(&e, "job %s: no checkpoint was taken: %s", a->name, why);
	a->status = complain(&e);
}

/* An interval's checkpoint may have begun before it was asked for this one. */
static bool is_for_interval(const struct event *event)
{
	return !strcmp(event->reason, "interval");
}

static bool answer_create(const struct scheckpoint *s, struct asked *a,
			  const struct event *event)
{
	switch (event->type) {
	case EVENT_CHECKPOINT:
		if (is_for_interval(event))
			return false;
		tell(s, "job %s: generation %u: %s in %.3f s", a->name, event->generation,
		     str_size(event->bytes).text, event->seconds);
		break;
	case EVENT_FAILED:
		if (is_for_interval(event))
			return false;
		refused(a, event->text);
		break;
	case EVENT_END:
		refused(a, "it has ended before");
		break;
	default:
		return false;
	}
	if (s->json)
		new_json(s, a, event);
	return true;
}

/* It is not over when the job is saved, but when Slurm has taken it back. */
static bool answer_leave(const struct scheckpoint *s, struct asked *a,
			 const struct event *event)
{
	switch (event->type) {
	case EVENT_CHECKPOINT:
		if (is_for_interval(event))
			return false;
		a->saved = true;
		tell(s, "job %s: generation %u: %s in %.3f s", a->name, event->generation,
		     str_size(event->bytes).text, event->seconds);
		if (s->json)
			new_json(s, a, event);
		return false;
	case EVENT_LEAVE:
		return true;
	case EVENT_RESTART:
		/* It was being restored when it was asked. */
		if (!a->saved)
			return false;
		refused(a,
			"Slurm did not take the job back, and it continues where it was");
		return true;
	default:
		return answer_create(s, a, event);
	}
}

/* If Slurm does not take where to, the runner says so as it leaves. */
static bool answer_move(const struct scheckpoint *s, struct asked *a,
			const struct event *event)
{
	struct error e;

	if (event->type == EVENT_LEAVE && *event->text) {
		error_set(&e, "job %s: %s", a->name, event->text);
		a->status = complain(&e);
	}
	return answer_leave(s, a, event);
}

static bool answer_toggle(const struct scheckpoint *s, struct asked *a,
			  const struct event *event)
{
	if (event->type == EVENT_END)
		refused(a, "it has ended before");
	else if (s->json && (event->type == EVENT_DISABLE || event->type == EVENT_ENABLE))
		new_json(s, a, event);
	return event->type == EVENT_DISABLE || event->type == EVENT_ENABLE ||
	       event->type == EVENT_END;
}

/* Its runner knows nothing of what Slurm would do with it. */
static bool answer_able(const struct scheckpoint *s, struct asked *a,
			const struct event *answer)
{
	struct event known = *answer, *event = &known;
	struct error e;

	if (event->type != EVENT_ABLE && event->type != EVENT_END)
		return false;
	if (event->type == EVENT_ABLE && event->status == 1 &&
	    protected_may_leave(a->job, &e) < 0) {
		event->status = 0;
		snprintf(event->text, sizeof(event->text), "%s", e.text);
	}
	if (event->type == EVENT_ABLE && event->status == 1)
		tell(s, "job %s: yes, by %s%s%s", a->name, event->engine,
		     *event->text ? "; " : "", event->text);
	else
		tell(s, "job %s: no: %s", a->name,
		     *event->text ? event->text : "it has ended");
	if (event->status != 1 || event->type == EVENT_END)
		a->status = EXIT_FAILED;
	if (s->json)
		json_object_object_add(new_json(s, a, event), "able",
				       json_object_new_boolean(a->status == EXIT_DONE));
	return true;
}

/* ---- verbs ---- */

int verb_create(const struct scheckpoint *s, int argc, char **argv)
{
	static const struct ask ask = { .signum = CHECKPOINT_SIGNAL_CREATE,
					.inside = CONTROL_CREATE,
					.answer = answer_create };

	return running_ask(s, argc, argv, &ask, true);
}

/* So that it can be restarted, or changed, at once. */
static int be_held(const struct scheckpoint *s, struct asked *asked, size_t count)
{
	struct error e;

	if (s->no_wait)
		return EXIT_DONE;
	return wait_until_held(s, asked, count, &e) < 0 ? complain(&e) : EXIT_DONE;
}

int verb_vacate(const struct scheckpoint *s, int argc, char **argv)
{
	static const struct ask ask = { .signum = CHECKPOINT_SIGNAL_VACATE,
					.inside = CONTROL_VACATE,
					.answer = answer_leave,
					.leaves = true,
					.afterwards = be_held };

	return running_ask(s, argc, argv, &ask, true);
}

int verb_disable(const struct scheckpoint *s, int argc, char **argv)
{
	static const struct ask ask = { .signum = CHECKPOINT_SIGNAL_DISABLE,
					.inside = CONTROL_DISABLE,
					.answer = answer_toggle };

	return running_ask(s, argc, argv, &ask, true);
}

int verb_enable(const struct scheckpoint *s, int argc, char **argv)
{
	static const struct ask ask = { .signum = CHECKPOINT_SIGNAL_ENABLE,
					.inside = CONTROL_ENABLE,
					.answer = answer_toggle };

	return running_ask(s, argc, argv, &ask, true);
}

static int requeue_elsewhere(const struct scheckpoint *s, int argc, char **argv)
{
	struct node_table cluster = { 0 };
	const struct ask ask = { .signum = CHECKPOINT_SIGNAL_MOVE,
				 .answer = answer_move,
				 .leaves = true,
				 .elsewhere = &cluster,
				 .afterwards = s->hold ? be_held : NULL };
	struct error e;
	int status;

	if (!running_named(s, argc, false))
		return misuse(is_inside()
				      ? "requeue: a job cannot send itself elsewhere; "
					"name it from outside"
				      : "requeue: no job given");
	status = elsewhere_load(&cluster, &e) < 0
			 ? complain(&e)
			 : running_ask(s, argc, argv, &ask, false);
	node_table_free(&cluster);
	return status;
}

int verb_requeue(const struct scheckpoint *s, int argc, char **argv)
{
	const struct ask ask = { .signum = s->hold ? CHECKPOINT_SIGNAL_VACATE
						   : CHECKPOINT_SIGNAL_REQUEUE,
				 .inside = s->hold ? CONTROL_VACATE : CONTROL_REQUEUE,
				 .answer = answer_leave,
				 .leaves = true,
				 .afterwards = s->hold ? be_held : NULL };

	if (s->nodelist || s->exclude)
		return requeue_elsewhere(s, argc, argv);
	return running_ask(s, argc, argv, &ask, false);
}

static bool is_program(const char *word)
{
	return strchr(word, '/') || access(word, F_OK) == 0;
}

int verb_able(const struct scheckpoint *s, int argc, char **argv)
{
	static const struct ask ask = { .signum = CHECKPOINT_SIGNAL_ABLE,
					.inside = CONTROL_ABLE,
					.answer = answer_able };
	int status = EXIT_DONE;

	if (argc == 0)
		return running_ask(s, 0, argv, &ask, true);
	for (int i = 0; i < argc; i++) {
		if ((is_program(argv[i])
			     ? able_program(s, argv[i])
			     : running_ask(s, 1, &argv[i], &ask, true)) != EXIT_DONE)
			status = EXIT_FAILED;
	}
	return status;
}

bool verb_able_is_alone(int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		if (!is_program(argv[i]))
			return false;
	}
	return argc > 0;
}
