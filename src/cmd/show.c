// SPDX-License-Identifier: GPL-2.0-or-later
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "cmd/life.h"
#include "cmd/scheckpoint.h"
#include "slurm/job.h"
#include "store/generation.h"

/* ---- generations ---- */

/* Print NAME=VALUE; what the job's owner wrote there steers no terminal. */
static void print_attribute(const char *name, const struct manifest *m,
			    const char *attribute)
{
	const char *value = manifest_get(m, attribute);
	cleanup_free char *text = strdup(value ? value : "Unknown");

	if (text)
		str_make_printable(text);
	printf("%s=%s", name, text ? text : "Unknown");
}

static int print_generation(const struct folder *folder, unsigned int number)
{
	struct generation gen;
	unsigned long long when = 0;
	struct error e;

	if (generation_open(&gen, folder, number, &e) < 0) {
		generation_close(&gen);
		return complain(&e);
	}
	(void)manifest_get_number(&gen.manifest, "time", LLONG_MAX, &when);
	printf("   Generation=%u Time=%s ", number, time_text(when));
	print_attribute("Reason", &gen.manifest, "reason");
	print_attribute(" Seconds", &gen.manifest, "seconds");
	print_attribute("\n   Engine", &gen.manifest, "engine");
	print_attribute(" Node", &gen.manifest, "node");
	print_attribute(" Restarts", &gen.manifest, "restart");
	printf(" Size=%s Files=%zu OpenFiles=%zu\n",
	       str_size(manifest_bytes(&gen.manifest)).text, gen.manifest.nfiles,
	       gen.manifest.noutputs);
	generation_close(&gen);
	return EXIT_DONE;
}

/* ---- history ---- */

static void print_totals(const struct history *h)
{
	printf("   History: Starts=%zu Restarts=%zu Checkpoints=%zu Written=%s "
	       "Failed=%zu "
	       "CutShort=%zu Nodes=",
	       h->starts, h->restarts, h->checkpoints, str_size(h->bytes).text,
	       h->failures, h->deaths);
	for (size_t i = 0; i < h->nnodes; i++)
		printf("%s%s", i ? "," : "", h->nodes[i]);
	printf("\n   OnNodes=%.3f UsefulSeconds=%.3f Stopped=%.3f Restoring=%.3f "
	       "Lost=%.3f Useful=%.1f%%\n",
	       h->total, h->useful, h->stopped, h->restoring, h->lost,
	       history_share(h) * 100);
}

static void print_head(double when, const char *event, const char *node,
		       unsigned int restart)
{
	printf("   Time=%s Event=%s Node=%s Restarts=%u",
	       time_text((unsigned long long)when), event, node, restart);
}

static void print_status(const struct history_event *ev)
{
	if (ev->type == EVENT_ABLE)
		printf(" Able=%s", ev->status ? "yes" : "no");
	/* As sacct(1) prints it. */
	else if (WIFSIGNALED(ev->status))
		printf(" ExitCode=0:%d", WTERMSIG(ev->status));
	else
		printf(" ExitCode=%d:0", WEXITSTATUS(ev->status));
}

static void print_event(const struct history_event *ev)
{
	bool saved = ev->type == EVENT_CHECKPOINT;

	print_head(ev->time, event_name(ev->type), ev->node, ev->restart);
	if (ev->generation)
		printf(" Generation=%u", ev->generation);
	if (ev->reason[0])
		printf(" Reason=%s", ev->reason);
	if (saved || ev->type == EVENT_RESTART || ev->type == EVENT_INTERVAL)
		printf(" Seconds=%.3f", ev->seconds);
	if (saved)
		printf(" Size=%s", str_size(ev->bytes).text);
	if (ev->type == EVENT_END || ev->type == EVENT_ABLE)
		print_status(ev);
	/* A sentence, and so the last. */
	if (ev->text)
		printf(" Text=%s", ev->text);
	putchar('\n');
}

/* A run of which no end was heard has one all the same. */
static void print_cut_short(const struct history_run *run)
{
	if (run->how_ended != RUN_DIED)
		return;
	print_head(run->end, "cut-short", run->node, run->restart);
	printf(" Lost=%.3f\n", run->work - run->kept);
}

/* How often Slurm will start it again after a failure, before it holds it. */
static void print_failures(const struct life_list *list, unsigned int job)
{
	const struct job_entry *entry = job_table_find(&list->jobs, job);

	if (entry && entry->phase != JOB_OVER && entry->batch_flag > 0)
		printf("   Failures=%u FailuresUntilHeld=%u\n", entry->batch_flag - 1,
		       job_failures_left(entry->batch_flag) + 1);
}

static void print_history(const struct history *h)
{
	size_t run = 0;

	print_totals(h);
	for (size_t i = 0; i < h->nevents; i++) {
		const struct history_event *ev = &h->events[i];

		/* Where the next run begins, the one before has ended. */
		for (; ev->run != HISTORY_NONE && run < ev->run; run++)
			print_cut_short(&h->runs[run]);
		print_event(ev);
	}
	for (; run < h->nruns; run++)
		print_cut_short(&h->runs[run]);
	if (h->cut)
		printf("   History is longer than %zu events; the rest is left out.\n",
		       h->max);
}

/* ---- for --json ---- */

static struct json_object *json_generation(const struct folder *folder,
					   unsigned int number)
{
	static const char *const texts[] = { "reason", "engine", "node" };
	struct json_object *o = json_object_new_object();
	unsigned long long when = 0;
	struct generation gen;

	json_number(o, "generation", number);
	if (generation_open(&gen, folder, number, NULL) == 0) {
		(void)manifest_get_number(&gen.manifest, "time", LLONG_MAX, &when);
		json_number(o, "time", when);
		json_number(o, "bytes", manifest_bytes(&gen.manifest));
		for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
			json_text(o, texts[i], manifest_get(&gen.manifest, texts[i]));
	}
	generation_close(&gen);
	return o;
}

static void add_json(const struct scheckpoint *s, const struct stored_job *job,
		     const struct life_list *list)
{
	const struct history *h = &list->lives[list->count - 1].history;
	const struct job_entry *entry = job_table_find(&list->jobs, job->id);
	struct json_object *o = json_add_job(s->json, job->name, job->user);
	struct json_object *generations = json_object_new_array();

	json_text(o, "cluster", s->cluster);
	json_text(o, "dir", job->folder->path);
	for (size_t i = 0; i < job->count; i++)
		json_object_array_add(generations,
				      json_generation(job->folder, job->numbers[i]));
	json_object_object_add(o, "generations", generations);
	json_number(o, "starts", h->starts);
	json_number(o, "restarts", h->restarts);
	json_number(o, "checkpoints", h->checkpoints);
	json_number(o, "failed", h->failures);
	json_number(o, "cut_short", h->deaths);
	json_seconds(o, "on_nodes", h->total);
	json_seconds(o, "useful", h->useful);
	json_seconds(o, "stopped", h->stopped);
	json_seconds(o, "restoring", h->restoring);
	json_seconds(o, "lost", h->lost);
	if (entry && entry->phase != JOB_OVER && entry->batch_flag > 0)
		json_number(o, "failures_until_held",
			    job_failures_left(entry->batch_flag) + 1);
}

/* ---- all of a job ---- */

/* slurmctld is asked once, with the first job. */
static int show_history(const struct scheckpoint *s, struct life_list *list,
			const struct stored_job *job)
{
	struct error e;

	if (life_add(list, job->id, job->folder, &e) < 0)
		return complain(&e);
	if (s->json)
		add_json(s, job, list);
	if (s->json)
		return EXIT_DONE;
	print_failures(list, job->id);
	print_history(&list->lives[list->count - 1].history);
	return EXIT_DONE;
}

static int show_job(const struct scheckpoint *s, const struct stored_job *job, void *arg)
{
	int status = EXIT_DONE;

	if (s->json)
		return show_history(s, arg, job);
	printf("JobId=%s Cluster=%s User=%s Generations=%zu Dir=%s\n", job->name,
	       s->cluster, job->user, job->count, job->folder->path);
	for (size_t i = 0; i < job->count; i++) {
		if (print_generation(job->folder, job->numbers[i]) != EXIT_DONE)
			status = EXIT_FAILED;
	}
	if (show_history(s, arg, job) != EXIT_DONE)
		status = EXIT_FAILED;
	return status;
}

int verb_show(const struct scheckpoint *s, int argc, char **argv)
{
	struct life_list list;
	int status;

	life_list_init(&list, s);
	status = each_stored(s, argc, argv, show_job, &list);
	life_list_free(&list);
	return status;
}
