// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * restore - have a job go on with "dmtcp_restart".
 *
 * The process that runs it becomes the first process of the job that is no other's
 * child: the root, since DMTCP numbers processes as they begin. Its output is then the
 * job's.
 *
 * A restored process grows its heap where that of dmtcp_restart's program was, which the
 * kernel would put elsewhere each time. DMTCP 4.2.0 does not restore such a heap a second
 * time if it begins elsewhere then: parts of it are missing, and the program dies. So
 * dmtcp_restart runs with a fixed layout of its memory.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "engine/dmtcp/dmtcp.h"
#include "engine/dmtcp/images.h"
#include "engine/dmtcp/inherited.h"
#include "store/tmpdir.h"

/* It ended before it was seen to run: that is its own affair, unless DMTCP failed. */
static int judge_end(const struct engine_job *job, int status, struct error *e)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) != DMTCP_EXIT_FAILED)
		return 0;
	return dmtcp_explain(job, e);
}

/*
 * Until all its processes run. The coordinator says that they do when those run that have
 * joined it so far; who has joined may have ended already.
 */
static int follow(const struct engine_run *run, const struct engine_job *job,
		  unsigned int processes, struct gate_client *client, struct error *e)
{
	time_t deadline = dmtcp_seconds() + (time_t)job->conf->restore_timeout;
	struct dmtcp_status seen = { 0 };

	while (!seen.running ||
	       (seen.peers < processes && client->report.answered < processes)) {
		int status, ended = sandbox_root_has_ended(&run->sandbox, &status);

		if (ended == 1)
			return judge_end(job, status, e);
		if (client->report.lost)
			return dmtcp_explain(job, e);
		if (ended < 0)
			return error_set(e, "the job was killed while it was restored");
		if (dmtcp_seconds() >= deadline)
			return error_set(e, "dmtcp did not restore the job within "
					    "RestoreTimeout");
		if (dmtcp_wait(run, client, job->cancel_fd, e) < 0 ||
		    dmtcp_status(run, job, &seen, e) < 0)
			return -1;
	}
	return 0;
}

static int wait_until_restored(const struct engine_run *run, const struct engine_job *job,
			       unsigned int processes, struct error *e)
{
	struct gate_client client;
	int rc = gate_connect(&client, &run->gate, e);

	if (rc == 0)
		rc = follow(run, job, processes, &client, e);
	gate_disconnect(&client);
	return rc;
}

/* Where the images look for the files that had been removed. */
static int put_back_files(const struct engine_job *job, const struct generation *gen,
			  struct error *e)
{
	cleanup_free char *dir = dmtcp_dir(job);

	if (!dir)
		return error_sys(e, "dmtcp_restart");
	if (dmtcp_clean_dir(job, e) < 0)
		return -1;
	return tmpdir_restore(gen, DMTCP_ARCHIVE, dir, e);
}

struct engine_run *dmtcp_restore(const struct engine_job *job,
				 const struct generation *gen, struct error *e)
{
	struct dmtcp_setting setting = { .fixed_layout = true };
	struct inherited inherited;
	size_t count;
	char **images = images_list(job, gen, &count);
	struct engine_run *run = NULL;

	inherited_load(&inherited, gen);
	setting.umask = inherited.has_umask ? &inherited.umask : NULL;
	setting.limits = inherited.has_limits ? inherited.limits : NULL;
	if (!images)
		error_sys(e, "dmtcp_restart");
	else if (count == 0)
		error_set(e, "generation %u: it holds no images of DMTCP", gen->number);
	else if (put_back_files(job, gen, e) == 0)
		run = dmtcp_begin(job, "dmtcp_restart", images, count, &setting, e);
	dmtcp_free_argv(images);
	if (!run || wait_until_restored(run, job, (unsigned int)count, e) == 0)
		return run;
	dmtcp_end(run);
	return NULL;
}
