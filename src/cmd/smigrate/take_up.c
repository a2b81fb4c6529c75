// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <stdlib.h>
#include <unistd.h>

#include "base/identity.h"
#include "cmd/protected.h"
#include "cmd/smigrate/migration.h"
#include "slurm/elsewhere.h"
#include "slurm/job.h"
#include "store/move.h"

static bool is_named(const struct migration *m, const struct job_entry *job)
{
	for (size_t i = 0; i < m->jobs.count; i++) {
		if (jobspec_matches(&m->jobs.specs[i], job->id, job->array,
				    job->array_task))
			return true;
	}
	return false;
}

/* As the job's user. 1 if something was put back, and it was not in the move's own turn.
 */
static int put_back(const struct migration *m, const struct job_entry *job, bool named,
		    struct error *e)
{
	struct folder folder = { .fd = -1 };
	struct kept kept = { 0 };
	bool due = false;
	int rc = 0;

	/* Of a job that has no folder there is nothing to be put back. */
	if (folder_open(&folder, m->s->dir, job->user_name, m->s->cluster, job->id, e) ==
		    0 &&
	    move_kept(&folder, &kept, e) == 0) {
		elsewhere_clean(&m->cluster, &kept.own);
		due = !placement_is_empty(&kept.own) &&
		      (named || job->restarts > kept.restart + 1);
	}
	if (due)
		rc = job_place(job->id, &kept.own, 0, e);
	if (due && rc == 0)
		rc = move_keep(&folder, &(struct kept){ 0 }, e);
	placement_free(&kept.own);
	folder_close(&folder);
	return rc < 0 ? -1 : due;
}

static int take_up_job(const struct migration *m, const struct job_entry *job, bool named,
		       struct error *e)
{
	char *name = NULL;
	int rc;

	if (identity_become(job->user_name, e) < 0)
		return -1;
	rc = put_back(m, job, named, e);
	identity_back();
	if (rc > 0)
		name = jobspec_name(job->id, job->array, job->array_task);
	if (name)
		display_say(m, "job %s: asks again for what it did before it was moved",
			    name);
	free(name);
	return rc;
}

int take_up(struct migration *m)
{
	int status = EXIT_DONE;

	for (size_t i = 0; i < m->table.count; i++) {
		const struct job_entry *job = &m->table.jobs[i];
		bool named = is_named(m, job);
		struct error e;

		if ((job->phase != JOB_QUEUED && job->phase != JOB_HELD) ||
		    job->restarts == 0 || !(named || *m->nodelist))
			continue;
		if (getuid() != 0 && getuid() != job->user)
			continue;
		if (take_up_job(m, job, named, &e) < 0)
			status = complain(&e);
	}
	return status;
}
