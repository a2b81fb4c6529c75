// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * smigrate - empty nodes, or have jobs go on elsewhere, without losing what they have
 * done.
 *
 * What moves a job is its own runner. This only decides who is asked, and when, and
 * tells what became of it: killed at any moment, it leaves no job behind that does not
 * go on by itself.
 */
#define _GNU_SOURCE
#include "cmd/smigrate/smigrate.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "cmd/smigrate/migration.h"
#include "slurm/job.h"

/* ---- jobs that are named ---- */

/* A word of which nothing runs is an error, and the others are moved all the same. */
static int check_words(const struct migration *m)
{
	int status = EXIT_DONE;

	for (size_t w = 0; w < m->jobs.count; w++) {
		const struct jobspec *spec = &m->jobs.specs[w];
		bool known = false, running = false;
		struct error e;

		for (size_t i = 0; i < m->table.count; i++) {
			const struct job_entry *job = &m->table.jobs[i];

			if (!jobspec_matches(spec, job->id, job->array, job->array_task))
				continue;
			known = true;
			running = running || job->phase == JOB_RUNS;
		}
		if (running)
			continue;
		if (known)
			error_set(&e, "job %s is not running", spec->text);
		else
			error_set(&e, "Invalid job id %s", spec->text);
		status = complain(&e);
	}
	return status;
}

static int move_jobs(struct migration *m)
{
	struct error e;
	int status = check_words(m), planned;
	bool go;

	planned = migration_plan(m, &go);
	if (!go)
		return planned == EXIT_DONE ? status : planned;
	if (take_up(m) != EXIT_DONE)
		status = EXIT_FAILED;
	if (migration_run(m, &e) < 0)
		return complain(&e);
	return status == EXIT_DONE ? migration_status(m) : status;
}

static int move_named(const struct smigrate *s, char **words, struct json_object *json)
{
	struct migration m;
	struct error e;
	int status = EXIT_DONE;

	if (migration_init(&m, s, &e) < 0)
		status = complain(&e);
	for (; status == EXIT_DONE && *words; words++) {
		if (jobspec_parse(&m.jobs, *words, &e) < 0)
			status = complain(&e);
	}
	if (status == EXIT_DONE)
		status = move_jobs(&m);
	display_json_add(json, &m);
	migration_free(&m);
	return status;
}

/* ---- main ---- */

/* Each job on its way takes two descriptors. */
static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

/* What the options left open. */
static int complete(struct smigrate *s, struct error *e)
{
	char *path = conf_path();
	int rc;

	if (!path)
		return error_sys(e, "checkpoint.conf");
	rc = conf_init(&s->conf, e);
	if (rc == 0)
		rc = conf_read(&s->conf, path, e);
	free(path);
	if (rc < 0)
		return -1;
	if (!s->dir)
		s->dir = s->conf.checkpoint_dir;
	if (!s->cluster)
		s->cluster = getenv("SLURM_CLUSTER_NAME");
	if (!s->cluster)
		s->cluster = cluster_name();
	return s->cluster ? 0
			  : error_set(e, "the name of the cluster is not known, since "
					 "slurmctld does not answer");
}

static int run(const struct smigrate *s, char **words)
{
	struct json_object *json = display_json_new();
	int status = s->drain ? drain(s, json) : move_named(s, words, json);

	if (s->json)
		puts(json_object_to_json_string_ext(
			json, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(json);
	return status;
}

int main(int argc, char **argv)
{
	struct smigrate s = {
		.policy = { .parallel = MIGRATE_MOVE,
			    .uncheckpointable = MIGRATE_WAIT,
			    .after_wait = MIGRATE_SKIP },
		.pace = { .at_once = 8 },
		.wait_limit = -1,
	};
	struct error e;
	int first, status;
	bool end;

	status = options_read(&s, argc, argv, &first, &end);
	if (status != EXIT_DONE || end)
		return status;
	raise_limit();
	if (complete(&s, &e) < 0)
		status = complain(&e);
	else
		status = run(&s, argv + first);
	conf_free(&s.conf);
	return status;
}
