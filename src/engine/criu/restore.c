// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * restore - have a job go on with "criu restore", in namespaces made anew.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "engine/criu/criu.h"
#include "engine/criu/hook.h"

#include <limits.h>

static int deadline_passed(void *arg, struct error *e)
{
	(void)arg;
	return error_set(e, "criu did not restore the job within RestoreTimeout");
}

static int cancelled(void *arg, struct error *e)
{
	(void)arg;
	return error_set(e, "the job was cancelled while it was being restored");
}

/* Wait for criu, the deadline, or the end of the job. */
static int follow(struct criu_process *criu, const struct engine_job *job,
		  struct error *e)
{
	struct itimerspec when = { .it_value.tv_sec =
					   (time_t)job->conf->restore_timeout };
	cleanup_close int timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC);
	int rc = 0;

	if (timer < 0 || timerfd_settime(timer, 0, &when, NULL) < 0 ||
	    loop_add(criu->loop, timer, deadline_passed, NULL, e) < 0 ||
	    loop_add(criu->loop, job->cancel_fd, cancelled, NULL, e) < 0)
		return error_sys(e, "timer");
	while (rc == 0 && !criu->ended)
		rc = loop_once(criu->loop, e);
	loop_remove(criu->loop, timer);
	loop_remove(criu->loop, job->cancel_fd);
	if (rc == 0 && criu->status > 128)
		rc = error_set(e, "criu was killed by signal %d", criu->status - 128);
	else if (rc == 0 && criu->status != 0)
		rc = criu_log_explain(&criu->log, e);
	return rc;
}

#define OPTIONS 1 /* at most */

static void add_options(char **argv, const struct engine_run *run,
			const struct generation *gen)
{
	const char *tcp = manifest_get(&gen->manifest, CRIU_ATTR_TCP);

	if (run->sandbox.own_net)
		*argv = (char *)"--tcp-established";
	else if (tcp && !strcmp(tcp, "close"))
		*argv = (char *)"--tcp-close";
}

static int run_criu(struct engine_run *run, const struct engine_job *job,
		    const struct generation *gen, struct error *e)
{
	cleanup_free char *program = criu_find(job->conf, e);
	cleanup_free char *images = str_printf("%s/%u", job->folder->path, gen->number);
	cleanup_free char *root = str_printf("%d", run->sandbox.root);
	const char *adopted = manifest_get(&gen->manifest, CRIU_ATTR_ADOPTED);
	char *argv[] = { (char *)CRIU_ADOPT_PATH,
			 root,
			 program,
			 (char *)"restore",
			 (char *)"--images-dir",
			 images,
			 (char *)"--work-dir",
			 (char *)job->scratch,
			 (char *)"--restore-detached",
			 (char *)"--manage-cgroups=ignore",
			 (char *)"--file-locks",
			 (char *)"--action-script",
			 (char *)CRIU_HOOK_PATH,
			 (char *)"--unprivileged",
			 criu_verbosity(job->conf),
			 NULL, /* options */
			 NULL };
	struct criu_process criu = { .output = -1, .pidfd = -1 };
	int rc = -1;

	if (!program || !images || !root)
		return program ? error_sys(e, "criu restore") : -1;
	add_options(&argv[sizeof(argv) / sizeof(argv[0]) - OPTIONS - 1], run, gen);
	criu.loop = loop_new(e);
	if (!criu.loop)
		return -1;
	if (criu_process_start(
		    &criu, criu.loop, &run->sandbox,
		    adopted && !strcmp(adopted, "yes") ? argv : argv + 2, job->scratch,
		    run->sandbox.own_net ? HOOK_ENV_OWN_NET "=1" : NULL, e) == 0)
		rc = follow(&criu, job, e);
	(void)criu_log_save(&criu.log, job->folder->fd, "criu-restore.log", NULL);
	criu_process_close(&criu);
	loop_free(criu.loop);
	return rc;
}

static int read_spec(const struct generation *gen, struct sandbox_spec *spec,
		     unsigned long long *highest, struct error *e)
{
	const struct manifest *m = &gen->manifest;
	const char *net = manifest_get(m, CRIU_ATTR_NET);
	unsigned long long root, restore_pid, monotonic, boottime;

	if (manifest_get_number(m, CRIU_ATTR_ROOT, INT_MAX, &root) < 0 || root <= 1 ||
	    manifest_get_number(m, CRIU_ATTR_RESTORE_PID, INT_MAX, &restore_pid) < 0 ||
	    manifest_get_number(m, CRIU_ATTR_HIGHEST, INT_MAX, highest) < 0 ||
	    manifest_get_number(m, CRIU_ATTR_MONOTONIC, INT64_MAX, &monotonic) < 0 ||
	    manifest_get_number(m, CRIU_ATTR_BOOTTIME, INT64_MAX, &boottime) < 0)
		return error_set(e, "generation %u: its manifest lacks what criu needs",
				 gen->number);
	spec->own_net = net && !strcmp(net, "private");
	spec->root = (pid_t)root;
	spec->last_pid = (pid_t)restore_pid;
	spec->clocks.monotonic = (int64_t)monotonic;
	spec->clocks.boottime = (int64_t)boottime;
	return 0;
}

struct engine_run *criu_restore(const struct engine_job *job,
				const struct generation *gen, struct error *e)
{
	cleanup_free struct engine_run *run = calloc(1, sizeof(*run));
	struct sandbox_spec spec = { .mounts = job->mounts,
				     .connect = criu_connect,
				     .connect_arg = run };
	unsigned long long highest;

	if (!run) {
		error_sys(e, "criu restore");
		return NULL;
	}
	if (read_spec(gen, &spec, &highest, e) < 0 ||
	    sandbox_start(&run->sandbox, &spec, e) < 0)
		return NULL;
	if (run_criu(run, job, gen, e) < 0) {
		sandbox_stop(&run->sandbox);
		return NULL;
	}
	sandbox_set_last_pid(&run->sandbox, (pid_t)highest);
	return take_ptr(run);
}
