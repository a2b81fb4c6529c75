// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The runner takes the task's place by being executed in place of it, in the job's
 * cgroup, as the job's user, with its limits, files and directory all set up by
 * Slurm; what it took the place of are its arguments.
 */
#define _GNU_SOURCE
#include "spank/takeover.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/environment.h"
#include "base/hidden.h"
#include "base/protocol.h"
#include "base/str.h"
#include "spank/batch.h"
#include "spank/hold.h"
#include "spank/options.h"
#include "spank/output.h"
#include "spank/parent_job.h"
#include "spank/task_argv.h"
#include "spank/warning.h"

/* As it is now: it changes with spank_unsetenv(). */
static char **environment_of(spank_t spank)
{
	char **environment = NULL;

	return spank_get_item(spank, S_JOB_ENV, &environment) == ESPANK_SUCCESS
		       ? environment
		       : NULL;
}

static const char *value_in_job(void *arg, const char *name)
{
	char **environment = environment_of(arg);

	return environment ? str_find_variable(environment, name) : NULL;
}

static bool is_set(spank_t spank, const char *variable)
{
	char start[1];

	return spank_getenv(spank, variable, start, sizeof(start)) != ESPANK_ENV_NOEXIST;
}

/* From the environment, since S_SLURM_RESTART_COUNT has been 0 from 22.05 to 26.05. */
static bool is_first_start(spank_t spank)
{
	return !is_set(spank, RESTART_COUNT);
}

static bool is_beginning(spank_t spank, const struct options *options)
{
	return is_first_start(spank) && !options->given[OPTION_FROM];
}

static void unset_variables_of_option(spank_t spank, enum option_id id)
{
	cleanup_free char *slurm_env = options_slurm_env(id);

	if (slurm_env) {
		spank_unsetenv(spank, slurm_env);
		/* without the prefix Slurm clears it, but not each of several */
		spank_unsetenv(spank, slurm_env + strlen("SLURM_SPANK_"));
	}
	if (option_table[id].task_env)
		spank_unsetenv(spank, option_table[id].task_env);
}

/*
 * Take out of the job's environment what Slurm and the plugin put there for the
 * way here, and what came from a job around it: an sbatch in the job's script
 * must not inherit this job's options.
 */
static void clean_environment(spank_t spank)
{
	spank_unsetenv(spank, CHECKPOINT_ENV_SCRIPT);
	spank_unsetenv(spank, CHECKPOINT_ENV_CONF);
	for (enum option_id id = 0; id < OPTION_COUNT; id++)
		unset_variables_of_option(spank, id);
}

static int set_variable(spank_t spank, const char *name, const char *value,
			struct error *e)
{
	if (spank_setenv(spank, name, value, 1) == ESPANK_SUCCESS)
		return 0;
	return error_set(e, "slurmstepd does not set %s in the job's environment", name);
}

static int set_environment(spank_t spank, const char *script, const char *conf_file,
			   const struct options *options, struct error *e)
{
	if (set_variable(spank, CHECKPOINT_ENV_SCRIPT, script, e) < 0 ||
	    set_variable(spank, CHECKPOINT_ENV_CONF, conf_file, e) < 0)
		return -1;
	for (enum option_id id = 0; id < OPTION_COUNT; id++) {
		const char *value = options_task_value(options, id);

		if (value && set_variable(spank, option_table[id].task_env, value, e) < 0)
			return -1;
	}
	return 0;
}

/* What is not to act on the runner; where that fails it stays as it is. */
static void hide_variables(spank_t spank)
{
	for (size_t i = 0; hidden_variables[i]; i++) {
		const char *value = value_in_job(spank, hidden_variables[i]);
		cleanup_free char *hidden =
			str_printf(HIDDEN_PREFIX "%s", hidden_variables[i]);
		cleanup_free char *copy = value ? strdup(value) : NULL;

		if (copy && hidden &&
		    spank_setenv(spank, hidden, copy, 1) == ESPANK_SUCCESS)
			spank_unsetenv(spank, hidden_variables[i]);
	}
}

/* Put the runner in the task's place. */
static int replace_task(spank_t spank, const struct settings *settings,
			const struct batch *batch, struct error *e)
{
	const char *script = task_argv_original(spank);

	if (!script)
		return error_set(e, "slurmstepd did not tell what it is about to run");
	if (set_environment(spank, script, batch->conf_file, &batch->options, e) < 0)
		return -1;
	if (task_argv_put_runner(spank, settings, e) < 0)
		return -1;
	hide_variables(spank);
	return 0;
}

/* What hold_job() needs is not there, or failed: Slurm's own command, in place of the
 * task. */
static void become_scontrol(const char *job)
{
	execlp("scontrol", "scontrol", "requeuehold", job, (char *)NULL);
	slurm_error("checkpoint: scontrol: %m");
}

/*
 * The task must not run: the job may have checkpoints, and would start over. This process
 * is the task's, with the user's ids already, so that Slurm decides as for any requeue.
 */
static _Noreturn void hold_instead(spank_t spank, const struct error *e)
{
	uint32_t job = 0;
	cleanup_free char *name = NULL;

	spank_get_item(spank, S_JOB_ID, &job);
	name = str_printf("%u", job);
	slurm_error(
		"checkpoint: job %u may have checkpoints, does not start over without "
		"them, and is held; when this is mended, release it with \"scontrol "
		"release %u\": %s",
		job, job, e->text);
	if (hold_job(job) < 0 && name)
		become_scontrol(name);
	_exit(1);
}

static void say_unprotected(const struct error *e)
{
	slurm_error("checkpoint: this job runs unprotected, as without --checkpoint: %s",
		    e->text);
}

/*
 * A request that comes before the runner can take it waits for it. Where there will
 * be no runner it must not end the job: Slurm's warning was asked for at submission.
 */
static void guard_signals(bool runner_follows)
{
	sigset_t requests;

	sigemptyset(&requests);
	for (int s = CHECKPOINT_SIGNAL_FIRST; s <= CHECKPOINT_SIGNAL_LAST; s++) {
		sigaddset(&requests, s);
		if (!runner_follows)
			signal(s, SIG_IGN);
	}
	if (runner_follows)
		sigprocmask(SIG_BLOCK, &requests, NULL);
}

static void drop_added(spank_t spank)
{
	const char *list = value_in_job(spank, ENVIRONMENT_ADDED), *name;
	cleanup_free char *copy = list ? strdup(list) : NULL;
	struct parent_job_added added = { .rest = copy,
					  .value_of = value_in_job,
					  .arg = spank };

	while ((name = parent_job_next_added(&added)))
		spank_unsetenv(spank, name);
}

/* Where sbatch had no plugin that did it (parent_job.h). */
static void drop_parent_job(spank_t spank)
{
	char **environment = environment_of(spank);

	if (environment &&
	    parent_job_owns_tmpdir(
		    str_find_variable(environment, "TMPDIR"),
		    str_find_variable(environment, CHECKPOINT_ENV_IMAGE_DIR)))
		spank_unsetenv(spank, "TMPDIR");
	drop_added(spank);
	for (size_t i = 0; parent_job_variables[i]; i++)
		spank_unsetenv(spank, parent_job_variables[i]);
}

void takeover(spank_t spank, const struct settings *settings)
{
	struct batch *batch;
	struct error *e;
	const char *append;
	bool begins;
	int rc;

	if (!batch_is_step(spank))
		return;
	drop_parent_job(spank);
	batch = batch_read(spank, settings);
	e = &batch->error;
	if (batch->wanted || options_any(&batch->options))
		clean_environment(spank);
	if (!batch->wanted)
		return;
	rc = batch->possible ? replace_task(spank, settings, batch, e) : -1;
	begins = batch->never || is_beginning(spank, &batch->options);
	append = output_begin(spank, begins);
	if (append && rc == 0)
		rc = set_variable(spank, CHECKPOINT_ENV_APPEND, append, e);
	if (warning_is_ours(spank) && rc == 0)
		rc = set_variable(spank, CHECKPOINT_ENV_WARNING, "1", e);
	batch->possible = rc == 0;
	if (rc < 0 && !begins)
		hold_instead(spank, e);
	guard_signals(batch->possible);
	if (!batch->possible)
		say_unprotected(e);
}
