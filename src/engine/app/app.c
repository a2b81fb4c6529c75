// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * app - the engine for programs that save themselves, on any number of nodes.
 *
 * The script runs as it would without us: in the node's own namespaces, with its own
 * environment. That it goes on, and does not begin, it sees by SLURM_CHECKPOINT_RESTART.
 */
#define _GNU_SOURCE
#include "engine/app/app.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/protocol.h"
#include "base/str.h"
#include "slurm/steps.h"

/* ---- will it work? ---- */

static int app_probe(const struct engine_job *job, struct error *e)
{
	const struct wishes *w = job->wishes;
	int rc = w && (w->signal || w->exit_code >= 0 || w->done_file) ? -1
								       : PROBE_UNWANTED;

	if (!w || w->signal == 0)
		error_set(e, "a job that saves itself has to name the signal that tells "
			     "it to: give --checkpoint-signal");
	else if (w->exit_code < 0 && !w->done_file)
		error_set(e, "a job that saves itself has to name a sign that it is "
			     "saved: give --checkpoint-exit-code or "
			     "--checkpoint-done-file");
	else
		rc = 0;
	return rc;
}

static char *version(const struct conf *conf, struct error *e)
{
	char *copy = strdup(VERSION);

	(void)conf;
	if (!copy)
		error_sys(e, "app");
	return copy;
}

/* ---- start and start again ---- */

/* The job's environment, with the number of times that it went on. */
static char **make_environment(const struct engine_job *job, char *variable)
{
	static const char name[] = CHECKPOINT_ENV_RESTART "=";
	size_t count = 0, kept = 0;
	char **envp;

	while (job->envp[count])
		count++;
	envp = calloc(count + 2, sizeof(*envp));
	for (size_t i = 0; envp && i < count; i++) {
		/* It may come from a job that has submitted this one. */
		if (strncmp(job->envp[i], name, strlen(name)) != 0)
			envp[kept++] = job->envp[i];
	}
	if (envp && job->restored > 0)
		envp[kept] = variable;
	return envp;
}

static struct engine_run *app_start(const struct engine_job *job, struct error *e)
{
	cleanup_free char *variable =
		str_printf(CHECKPOINT_ENV_RESTART "=%u", job->restored);
	cleanup_free char **envp = variable ? make_environment(job, variable) : NULL;
	struct sandbox_spec spec = { .is_open = true,
				     .argv = job->argv,
				     .envp = envp,
				     .sigmask = job->sigmask,
				     .limits = job->limits,
				     .umask = job->umask };
	struct engine_run *run = calloc(1, sizeof(*run));

	if (run)
		run->exit_code = job->wishes ? job->wishes->exit_code : -1;
	if (run && envp && sandbox_start(&run->sandbox, &spec, e) == 0)
		return run;
	if (!run || !envp)
		error_sys(e, "app");
	free(run);
	return NULL;
}

static struct engine_run *app_restore(const struct engine_job *job,
				      const struct generation *gen, struct error *e)
{
	(void)gen;
	return app_start(job, e);
}

/* ---- while it runs ---- */

const char *app_signal_name(int signum)
{
	static char name[32];
	const char *abbreviation = sigabbrev_np(signum);

	if (abbreviation)
		snprintf(name, sizeof(name), "SIG%s", abbreviation);
	else
		snprintf(name, sizeof(name), "signal %d", signum);
	return name;
}

/* NULL if it would be heard; else why not. */
static const char *deaf(const struct engine_run *run, const struct engine_job *job)
{
	const struct wishes *w = job->wishes;
	bool steps = w->to_steps;

	switch (steps ? app_steps_hear(job->job, w->signal)
		      : app_hears(run->sandbox.root, w->signal)) {
	case APP_IGNORES:
		return steps ? "the steps of the job ignore" : "the script ignores";
	case APP_DIES:
		return steps ? "not every process of the job's steps handles"
			     : "the script does not handle";
	default:
		return NULL;
	}
}

static int app_able(const struct engine_run *run, const struct engine_job *job,
		    struct error *e)
{
	int signum = job->wishes->signal, running = 1;
	const char *why;

	if (job->wishes->to_steps)
		running = steps_running(job->job, NULL, e);
	if (running < 0)
		return -1;
	if (running == 0)
		return error_set(e, "no step of the job runs that %s could be sent to",
				 app_signal_name(signum));
	why = deaf(run, job);
	return why ? error_set(e, "%s %s", why, app_signal_name(signum)) : 0;
}

bool app_saved_itself(const struct engine_run *run)
{
	int status;

	return run->exit_code >= 0 &&
	       sandbox_root_has_ended(&run->sandbox, &status) == 1 && WIFEXITED(status) &&
	       WEXITSTATUS(status) == run->exit_code;
}

static int app_event_fd(const struct engine_run *run)
{
	return run->sandbox.events;
}

static int app_status(struct engine_run *run, int *status)
{
	return sandbox_root_ended(&run->sandbox, status) == 1 ? 0 : -1;
}

static void app_signal(struct engine_run *run, int signum)
{
	sandbox_signal(&run->sandbox, signum);
}

static void app_stop(struct engine_run *run)
{
	sandbox_stop(&run->sandbox);
	free(run);
}

const struct engine engine_app = {
	.name = "app",
	.hears = true,
	.resumes = true,
	.probe = app_probe,
	.version = version,
	.start = app_start,
	.restore = app_restore,
	.able = app_able,
	.dump = app_dump,
	.saved_itself = app_saved_itself,
	.event_fd = app_event_fd,
	.status = app_status,
	.signal = app_signal,
	.stop = app_stop,
};
