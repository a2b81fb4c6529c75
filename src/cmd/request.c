// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * create, vacate, requeue, disable, enable, able - ask running jobs. The request is a
 * signal that Slurm carries to the job's runner, so Slurm decides who may ask; the
 * answer is an event in the job's folder.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/identity.h"
#include "base/protocol.h"
#include "base/str.h"
#include "cmd/inside.h"
#include "cmd/protected.h"
#include "cmd/wait.h"
#include "plan/jobspec.h"
#include "slurm/hosts.h"
#include "slurm/job.h"

struct ask {
	int signum;
	enum control_command inside; /* the same from within the job */
	answer_fn answer;
	/* What is left to do when all have answered; may be NULL. */
	int (*afterwards)(const struct scheckpoint *s, struct asked *asked, size_t count);
};

/* ---- which jobs ---- */

static bool is_selected(const struct scheckpoint *s, const struct job_entry *job,
			bool by_nodes)
{
	if (!s->all && strcmp(job->user_name, s->user ? s->user : s->self) != 0)
		return false;
	if (s->partition && strcmp(job->partition, s->partition) != 0)
		return false;
	return !by_nodes || !s->nodelist ||
	       (*job->nodes && hosts_meet(job->nodes, s->nodelist));
}

static int add(struct asked **asked, size_t *count, const struct job_entry *job)
{
	struct asked *grown;

	for (size_t i = 0; i < *count; i++) {
		if ((*asked)[i].job == job)
			return 0;
	}
	grown = reallocarray(*asked, *count + 1, sizeof(*grown));
	if (!grown)
		return -1;
	*asked = grown;
	grown[*count] = (struct asked){ .job = job, .folder.fd = -1 };
	grown[*count].name = jobspec_name(job->id, job->array, job->array_task);
	return grown[(*count)++].name ? 0 : -1;
}

/* Those that run of what a word names; one that is over is not meant by an array's name.
 */
static int add_named(const struct job_table *table, const struct jobspec *spec,
		     struct asked **asked, size_t *count, struct error *e)
{
	bool known = false, running = false;

	for (size_t i = 0; i < table->count; i++) {
		const struct job_entry *job = &table->jobs[i];

		if (!jobspec_matches(spec, job->id, job->array, job->array_task))
			continue;
		known = true;
		if (job->phase != JOB_RUNS)
			continue;
		running = true;
		if (add(asked, count, job) < 0)
			return error_sys(e, "jobs");
	}
	if (!known)
		return error_set(e, "Invalid job id %s", spec->text);
	return running ? 0 : error_set(e, "job %s is not running", spec->text);
}

static int add_selected(const struct scheckpoint *s, const struct job_table *table,
			bool by_nodes, struct asked **asked, size_t *count,
			struct error *e)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct job_entry *job = &table->jobs[i];

		if (job->phase == JOB_RUNS && is_selected(s, job, by_nodes) &&
		    add(asked, count, job) < 0)
			return error_sys(e, "jobs");
	}
	return 0;
}

/* ---- asking ---- */

static int ask_job(const struct scheckpoint *s, const struct ask *ask, struct asked *a,
		   struct error *e)
{
	int rc;

	if (identity_become(a->job->user_name, e) < 0)
		return -1;
	rc = protected_open(&a->folder, s->dir, s->cluster, a->job, a->name, e);
	if (rc == 0)
		a->reader = event_reader_new_at_end(&a->folder, e);
	identity_back();
	if (rc < 0 || !a->reader)
		return -1;
	tell_more(s, "job %s runs on %s: its runner is asked by signal %d", a->name,
		  a->job->nodes, ask->signum);
	return job_signal_batch(a->job->id, ask->signum, e);
}

static int ask_jobs(const struct scheckpoint *s, const struct ask *ask,
		    struct asked *asked, size_t count)
{
	int status = EXIT_DONE;
	struct error e;

	for (size_t i = 0; i < count; i++) {
		if (ask_job(s, ask, &asked[i], &e) < 0)
			asked[i].status = complain(&e);
		else
			asked[i].pending = !s->no_wait;
	}
	if (wait_for_answers(s, asked, count, ask->answer, &e) < 0)
		status = complain(&e);
	else if (ask->afterwards)
		status = ask->afterwards(s, asked, count);
	for (size_t i = 0; i < count; i++) {
		if (asked[i].status != EXIT_DONE)
			status = EXIT_FAILED;
		event_reader_free(asked[i].reader);
		folder_close(&asked[i].folder);
		free(asked[i].name);
	}
	return status;
}

static int select_and_ask(const struct scheckpoint *s, int argc, char **argv,
			  const struct ask *ask, bool by_nodes)
{
	cleanup_free struct asked *asked = NULL;
	struct jobspec_list specs = { 0 };
	struct job_table table = { 0 };
	int status = EXIT_DONE;
	size_t count = 0;
	struct error e;

	for (int i = 0; status == EXIT_DONE && i < argc; i++) {
		if (jobspec_parse(&specs, argv[i], &e) < 0)
			status = complain(&e);
	}
	if (status == EXIT_DONE && job_table_load(&table, &e) < 0)
		status = complain(&e);
	for (size_t i = 0; table.jobs && i < specs.count; i++) {
		if (add_named(&table, &specs.specs[i], &asked, &count, &e) < 0)
			status = complain(&e);
	}
	if (table.jobs && specs.count == 0 && status == EXIT_DONE &&
	    add_selected(s, &table, by_nodes, &asked, &count, &e) < 0)
		status = complain(&e);
	if (ask_jobs(s, ask, asked, count) != EXIT_DONE)
		status = EXIT_FAILED;
	job_table_free(&table);
	jobspec_free(&specs);
	return status;
}

static bool is_anyone_named(const struct scheckpoint *s, int argc, bool by_nodes)
{
	return argc > 0 || s->all || s->user || s->partition || (by_nodes && s->nodelist);
}

static int run(const struct scheckpoint *s, int argc, char **argv, const struct ask *ask,
	       bool by_nodes)
{
	if (is_anyone_named(s, argc, by_nodes))
		return select_and_ask(s, argc, argv, ask, by_nodes);
	if (is_inside())
		return ask_inside(s, ask->inside);
	return misuse("no job given");
}

/* ---- answers ---- */

static struct json_object *new_json(const struct scheckpoint *s, const struct asked *a,
				    const struct event *event)
{
	struct json_object *o = json_object_new_object();

	json_text(o, "job", a->name);
	json_text(o, "user", a->job->user_name);
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
	json_object_array_add(s->json, o);
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
		tell(s, "job %s: generation %u: %s in %.3f s", a->name, event->generation,
		     str_size(event->bytes).text, event->seconds);
		if (s->json)
			new_json(s, a, event);
		return false;
	case EVENT_LEAVE:
		return true;
	case EVENT_RESTART:
		refused(a,
			"Slurm did not take the job back, and it goes on where it was");
		return true;
	default:
		return answer_create(s, a, event);
	}
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

static bool answer_able(const struct scheckpoint *s, struct asked *a,
			const struct event *event)
{
	if (event->type != EVENT_ABLE && event->type != EVENT_END)
		return false;
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
	static const struct ask ask = { CHECKPOINT_SIGNAL_CREATE, CONTROL_CREATE,
					answer_create, NULL };

	return run(s, argc, argv, &ask, true);
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
	static const struct ask ask = { CHECKPOINT_SIGNAL_VACATE, CONTROL_VACATE,
					answer_leave, be_held };

	return run(s, argc, argv, &ask, true);
}

int verb_disable(const struct scheckpoint *s, int argc, char **argv)
{
	static const struct ask ask = { CHECKPOINT_SIGNAL_DISABLE, CONTROL_DISABLE,
					answer_toggle, NULL };

	return run(s, argc, argv, &ask, true);
}

int verb_enable(const struct scheckpoint *s, int argc, char **argv)
{
	static const struct ask ask = { CHECKPOINT_SIGNAL_ENABLE, CONTROL_ENABLE,
					answer_toggle, NULL };

	return run(s, argc, argv, &ask, true);
}

/*
 * Slurm lets a job's nodes be set only while it is pending, when it could start already:
 * so it is held for that moment.
 */
static int send_elsewhere(const struct scheckpoint *s, struct asked *asked, size_t count)
{
	struct error e;

	if (wait_until_held(s, asked, count, &e) < 0)
		return complain(&e);
	for (size_t i = 0; i < count; i++) {
		if (asked[i].status == EXIT_DONE &&
		    (job_set_nodes(asked[i].job->id, s->nodelist, s->exclude, &e) < 0 ||
		     (!s->hold && job_release(asked[i].job->id, &e) < 0)))
			asked[i].status = complain(&e);
	}
	return EXIT_DONE;
}

int verb_requeue(const struct scheckpoint *s, int argc, char **argv)
{
	bool elsewhere = s->nodelist || s->exclude;
	bool held = s->hold || elsewhere;
	const struct ask ask = { held ? CHECKPOINT_SIGNAL_VACATE
				      : CHECKPOINT_SIGNAL_REQUEUE,
				 held ? CONTROL_VACATE : CONTROL_REQUEUE, answer_leave,
				 elsewhere ? send_elsewhere
				 : s->hold ? be_held
					   : NULL };

	if (elsewhere && s->no_wait)
		return misuse("requeue: --nodelist and --exclude need to wait");
	if (elsewhere && !is_anyone_named(s, argc, false))
		return misuse("requeue: a job cannot send itself elsewhere; name it from "
			      "outside");
	return run(s, argc, argv, &ask, false);
}

static bool is_program(const char *word)
{
	return strchr(word, '/') || access(word, F_OK) == 0;
}

int verb_able(const struct scheckpoint *s, int argc, char **argv)
{
	static const struct ask ask = { CHECKPOINT_SIGNAL_ABLE, CONTROL_ABLE, answer_able,
					NULL };
	int status = EXIT_DONE;

	if (argc == 0)
		return run(s, 0, argv, &ask, true);
	for (int i = 0; i < argc; i++) {
		if ((is_program(argv[i]) ? able_program(s, argv[i])
					 : run(s, 1, &argv[i], &ask, true)) != EXIT_DONE)
			status = EXIT_FAILED;
	}
	return status;
}
