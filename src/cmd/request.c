// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * create, vacate, requeue - ask running jobs for a checkpoint. The request is a
 * signal that Slurm carries to the job's runner, so Slurm decides who may ask.
 */
#include <errno.h>
#include <pwd.h>

#include "base/protocol.h"
#include "cmd/scheckpoint.h"
#include "slurm/job.h"

/* A job without a runner would be ended by the signal: its folder tells. */
static int check_runner(const struct scheckpoint *s, const struct job_identity *job,
			struct error *e)
{
	const struct passwd *pw = getpwuid(job->user);
	struct folder folder;
	int rc;

	if (!job->running)
		return error_set(e, "job %u is not running", job->id);
	if (!pw)
		return error_set(e, "job %u belongs to an unknown user", job->id);
	rc = folder_open(&folder, s->dir, pw->pw_name, s->cluster, job->id, e);
	folder_close(&folder);
	if (rc < 0 && errno == ENOENT)
		return error_set(e,
				 "job %u is not checkpointed; it was submitted without "
				 "--checkpoint, or with a --checkpoint-dir that is to be "
				 "given here too",
				 job->id);
	return rc;
}

static int ask(const struct scheckpoint *s, int argc, char **argv, int signum)
{
	int status = EXIT_DONE;
	struct job_identity job;
	struct error e;

	for (int i = 0; i < argc; i++) {
		if (job_identify(argv[i], &job, &e) < 0 ||
		    check_runner(s, &job, &e) < 0 ||
		    job_signal_batch(job.id, signum, &e) < 0)
			status = complain(&e);
	}
	return status;
}

int verb_create(const struct scheckpoint *s, int argc, char **argv)
{
	return ask(s, argc, argv, CHECKPOINT_SIGNAL_CREATE);
}

int verb_vacate(const struct scheckpoint *s, int argc, char **argv)
{
	return ask(s, argc, argv, CHECKPOINT_SIGNAL_VACATE);
}

int verb_requeue(const struct scheckpoint *s, int argc, char **argv)
{
	return ask(s, argc, argv, CHECKPOINT_SIGNAL_REQUEUE);
}
