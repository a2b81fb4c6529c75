// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * criu - the engine for any process tree on one node, without privilege.
 */
#include "engine/criu/criu.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/environment.h"
#include "engine/criu/files.h"
#include "engine/criu/numbers.h"
#include "engine/criu/shared_copy.h"
#include "engine/criu/unsavable.h"
#include "engine/launcher.h"
#include "engine/tree.h"
#include "plan/pids.h"

static char *version(const struct conf *conf, struct error *e)
{
	cleanup_free char *program = criu_find(conf, e);

	return program ? criu_version(program, e) : NULL;
}

static struct engine_run *criu_start(const struct engine_job *job, struct error *e)
{
	struct sandbox_spec spec = { .mounts = job->mounts,
				     .last_pid =
					     pids_first(job->job, numbers_limit()) - 1,
				     .own_net = criu_wants_own_net(job),
				     .connect = criu_connect,
				     .argv = job->argv,
				     .sigmask = job->sigmask,
				     .limits = job->limits,
				     .umask = job->umask };
	cleanup_free struct engine_run *run = calloc(1, sizeof(*run));
	cleanup_environment char **env =
		spec.own_net ? launcher_environment_own_net(job) : NULL;

	if (!run || (spec.own_net && !env)) {
		error_sys(e, "criu");
		return NULL;
	}
	spec.connect_arg = run;
	spec.envp = env ? env : job->envp;
	return sandbox_start(&run->sandbox, &spec, e) < 0 ? NULL : take_ptr(run);
}

static int criu_able(const struct engine_run *run, const struct engine_job *job,
		     struct error *e)
{
	struct tree tree;
	int rc;

	*e = run->unconnected;
	rc = tree_read(&tree, &run->sandbox, e);
	if (rc == 0)
		rc = unsavable_check(&tree, e);
	if (rc == 0)
		rc = shared_copy_check(&tree, e);
	if (rc == 0 && criu_tcp_refused(&tree, run, job, e))
		rc = -1;
	tree_free(&tree);
	return rc;
}

/* What criu said of an earlier restore does not explain this one. */
static int criu_fits(const struct engine_job *job, const struct generation *gen,
		     struct error *e)
{
	(void)unlinkat(job->folder->fd, CRIU_LOG_RESTORE, 0);
	if (numbers_check(gen, e) == 0)
		return files_check(job, gen, e);
	errno = 0; /* on another node they may be free */
	return -1;
}

static int criu_mount_again(const struct engine_run *run, const struct engine_job *job,
			    struct error *e)
{
	return sandbox_mount(&run->sandbox, job->mounts, job->folder->path, e);
}

static int criu_event_fd(const struct engine_run *run)
{
	return run->sandbox.events;
}

static int criu_status(struct engine_run *run, int *status)
{
	return sandbox_root_ended(&run->sandbox, status) == 1 ? 0 : -1;
}

static void criu_signal(struct engine_run *run, int signum)
{
	sandbox_signal(&run->sandbox, signum);
}

static void criu_stop(struct engine_run *run)
{
	sandbox_stop(&run->sandbox);
	free(run);
}

const struct engine engine_criu = {
	.name = "criu",
	.mounts = true,
	.resumes = true,
	.restores_code = true,
	.probe = criu_probe,
	.ready = criu_ready,
	.identify = criu_identify,
	.version = version,
	.start = criu_start,
	.fits = criu_fits,
	.restore = criu_restore,
	.able = criu_able,
	.dump = criu_dump,
	.mount_again = criu_mount_again,
	.event_fd = criu_event_fd,
	.status = criu_status,
	.signal = criu_signal,
	.stop = criu_stop,
};
