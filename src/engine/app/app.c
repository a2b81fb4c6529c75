// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * app - the engine for programs that save themselves, on any number of nodes.
 *
 * The script runs as it would without us: in the node's own namespaces, with its own
 * environment. That it goes on, and does not begin, it sees by SLURM_CHECKPOINT_RESTART.
 */
#define _GNU_SOURCE
#include "engine/app/app.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/file.h"
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
	struct sandbox_spec spec = {
		.is_open = true, .argv = job->argv, .envp = envp, .sigmask = job->sigmask
	};
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

/* Is a signal in a line of /proc/PID/status, as "SigCgt:	0000000000000200"? */
static bool is_in_mask(const char *status, const char *field, int signum)
{
	const char *line = strstr(status, field);

	return line && (strtoull(line + strlen(field), NULL, 16) >> (signum - 1) & 1);
}

enum app_hears app_hears(const struct engine_run *run, int signum)
{
	cleanup_free char *path = str_printf("/proc/%d/status", run->sandbox.root);
	size_t size;
	cleanup_free char *status =
		path ? file_read(AT_FDCWD, path, SIZE_MAX, &size, NULL) : NULL;

	/* What cannot be read is ending. One that is blocked is waited for. */
	if (!status || is_in_mask(status, "\nSigCgt:", signum) ||
	    is_in_mask(status, "\nSigBlk:", signum))
		return APP_HEARS;
	return is_in_mask(status, "\nSigIgn:", signum) ? APP_IGNORES : APP_DIES;
}

static int app_able(const struct engine_run *run, const struct engine_job *job,
		    struct error *e)
{
	int signum = job->wishes->signal, running;

	if (job->wishes->to_steps) {
		running = steps_running(job->job, e);
		if (running == 0)
			error_set(e, "no step of the job runs that %s could be sent to",
				  app_signal_name(signum));
		return running > 0 ? 0 : -1;
	}
	switch (app_hears(run, signum)) {
	case APP_HEARS:
		return 0;
	case APP_IGNORES:
		return error_set(e, "the script ignores %s", app_signal_name(signum));
	default:
		return error_set(e, "the script does not handle %s, and would be killed",
				 app_signal_name(signum));
	}
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
