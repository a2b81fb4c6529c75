// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * again - the smallest engine: for scripts that do not mind to be begun again, as make
 * does not. What they have written to TMPDIR, and printed, is kept; nothing else is.
 */
#include <stdlib.h>

#include "engine/engine.h"
#include "engine/sandbox.h"

struct engine_run {
	struct sandbox sandbox;
};

static int again_probe(const struct engine_job *job, struct error *e)
{
	if (job->nodes == 1)
		return 0;
	return error_set(e, "again is for jobs of one node, and this one has %u",
			 job->nodes);
}

static char *again_version(const struct conf *conf, struct error *e)
{
	(void)conf;
	(void)e;
	return calloc(1, 1);
}

static struct engine_run *again_start(const struct engine_job *job, struct error *e)
{
	struct sandbox_spec spec = { .is_open = true,
				     .argv = job->argv,
				     .envp = job->envp,
				     .sigmask = job->sigmask };
	struct engine_run *run = calloc(1, sizeof(*run));

	if (run && sandbox_start(&run->sandbox, &spec, e) == 0)
		return run;
	free(run);
	return NULL;
}

static struct engine_run *again_restore(const struct engine_job *job,
					const struct generation *gen, struct error *e)
{
	(void)gen;
	return again_start(job, e);
}

static int again_able(const struct engine_run *run, const struct engine_job *job,
		      struct error *e)
{
	(void)run;
	(void)job;
	(void)e;
	return 0;
}

static int again_dump(struct engine_run *run, const struct engine_job *job,
		      const struct engine_dump *dump, struct error *e)
{
	(void)job;
	if (sandbox_end(&run->sandbox, e) < 0 || dump->seal(dump->arg, e) < 0)
		return -1;
	return dump->mode == DUMP_AND_GO_ON ? DUMP_ENDED : 0;
}

static int again_event_fd(const struct engine_run *run)
{
	return run->sandbox.events;
}

static int again_status(struct engine_run *run, int *status)
{
	return sandbox_root_ended(&run->sandbox, status) == 1 ? 0 : -1;
}

static void again_signal(struct engine_run *run, int signum)
{
	sandbox_signal(&run->sandbox, signum);
}

static void again_stop(struct engine_run *run)
{
	sandbox_stop(&run->sandbox);
	free(run);
}

extern const struct engine engine_again;

const struct engine engine_again = {
	.name = "again",
	.hears = true,
	.resumes = true,
	.probe = again_probe,
	.version = again_version,
	.start = again_start,
	.restore = again_restore,
	.able = again_able,
	.dump = again_dump,
	.event_fd = again_event_fd,
	.status = again_status,
	.signal = again_signal,
	.stop = again_stop,
};
