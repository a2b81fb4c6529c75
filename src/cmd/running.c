// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "cmd/running.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/identity.h"
#include "slurm/elsewhere.h"
#include "cmd/inside.h"
#include "cmd/protected.h"
#include "plan/jobspec.h"
#include "slurm/hosts.h"
#include "slurm/job.h"
#include "store/move.h"

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

static struct move move_of(const struct scheckpoint *s, const struct asked *a)
{
	return (struct move){
		.restart = a->job->restarts,
		.hold = s->hold,
		.wanted.value = { [PLACEMENT_NODELIST] = (char *)s->nodelist,
				  [PLACEMENT_EXCLUDE] = (char *)s->exclude },
	};
}

/* What an earlier move changed of its request is put back first. */
static int check_elsewhere(const struct scheckpoint *s, const struct ask *ask,
			   const struct asked *a, const struct kept *kept,
			   struct error *e)
{
	const struct move move = move_of(s, a);
	struct placement request = { 0 };
	int rc;

	if (placement_merge(&request, &kept->own) < 0 ||
	    placement_merge(&request, &move.wanted) < 0)
		rc = error_sys(e, "job %s", a->name);
	else
		rc = elsewhere_check(ask->elsewhere, a->job, &request, e);
	placement_free(&request);
	return rc < 0 ? error_prefix(e,
				     "job %s: no checkpoint was taken, since it "
				     "would wait for ever afterwards",
				     a->name)
		      : 0;
}

/* As the job's user: from here on what its runner writes is heard. */
static int open_folder(const struct scheckpoint *s, const struct ask *ask,
		       struct asked *a, struct kept *kept, struct error *e)
{
	if (protected_open(&a->folder, s->dir, s->cluster, a->job, a->name, ask->signum,
			   e) < 0)
		return -1;
	a->reader = event_reader_new_at_end(&a->folder, e);
	if (!a->reader)
		return -1;
	return ask->elsewhere ? move_kept(&a->folder, kept, e) : 0;
}

static int write_move(const struct scheckpoint *s, const struct asked *a, struct error *e)
{
	const struct move move = move_of(s, a);
	int rc;

	if (identity_become(a->job->user_name, e) < 0)
		return -1;
	rc = move_write(&a->folder, &move, e);
	identity_back();
	return rc;
}

/* What has to be known, and said, before the job is asked. */
static int prepare(const struct scheckpoint *s, const struct ask *ask, struct asked *a,
		   struct error *e)
{
	struct kept kept = { 0 };
	int rc;

	/* Slurm would not signal it, and its runner not hear. */
	if (a->job->suspended)
		return error_set(e,
				 "job %s is suspended, and its runner with it; resume it "
				 "first, with \"scontrol resume %s\"",
				 a->name, a->name);
	if (ask->leaves && protected_may_leave(a->job, e) < 0)
		return error_prefix(e, "job %s: no checkpoint was taken", a->name);
	if (identity_become(a->job->user_name, e) < 0)
		return -1;
	rc = open_folder(s, ask, a, &kept, e);
	identity_back();
	if (rc == 0 && ask->elsewhere)
		elsewhere_clean(ask->elsewhere, &kept.own);
	if (rc == 0 && ask->elsewhere)
		rc = check_elsewhere(s, ask, a, &kept, e);
	if (rc == 0 && ask->elsewhere)
		rc = write_move(s, a, e);
	placement_free(&kept.own);
	return rc;
}

static int ask_job(const struct scheckpoint *s, const struct ask *ask, struct asked *a,
		   struct error *e)
{
	if (prepare(s, ask, a, e) < 0)
		return -1;
	tell_more(s, "job %s runs on %s: its runner is asked by signal %d", a->name,
		  a->job->nodes, ask->signum);
	return job_signal_batch(a->name, ask->signum, e);
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
	if (count > 0 && ask_jobs(s, ask, asked, count) != EXIT_DONE)
		status = EXIT_FAILED;
	job_table_free(&table);
	jobspec_free(&specs);
	return status;
}

bool running_named(const struct scheckpoint *s, int argc, bool by_nodes)
{
	return argc > 0 || s->all || s->user || s->partition || (by_nodes && s->nodelist);
}

int running_ask(const struct scheckpoint *s, int argc, char **argv, const struct ask *ask,
		bool by_nodes)
{
	if (running_named(s, argc, by_nodes))
		return select_and_ask(s, argc, argv, ask, by_nodes);
	if (is_inside())
		return ask_inside(s, ask->inside);
	return misuse("no job given");
}
