// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Slurm hands out the step's own array of arguments, and executes argv[0] of it
 * later. So the runner takes the task's place by being put there, in the job's
 * cgroup, as the job's user, with its limits, files and directory all set up by
 * Slurm; it finds what it took the place of in the environment.
 */
#define _GNU_SOURCE
#include "spank/takeover.h"

#include <signal.h>
#include <slurm/slurm.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/protocol.h"
#include "spank/options.h"
#include "spank/output.h"

/* Where the runner is installed; Meson knows. */
#ifndef RUNNER_PATH
#define RUNNER_PATH "/usr/libexec/slurm-checkpoint/runner"
#endif

static bool is_batch_step(spank_t spank)
{
	uint32_t step;

	return spank_get_item(spank, S_JOB_STEPID, &step) == ESPANK_SUCCESS &&
	       step == SLURM_BATCH_SCRIPT;
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

/*
 * What was asked for, from the variables that Slurm leaves in the job's
 * environment, since those get here whatever --export and --export-file say. It
 * would hand us the options, too, but to a slurmstepd that is still root, and
 * not with --export-file.
 */
static int read_options(spank_t spank, struct options *options, struct error *e)
{
	char **environment;

	if (spank_get_item(spank, S_JOB_ENV, &environment) != ESPANK_SUCCESS ||
	    !environment)
		return error_set(e, "slurmstepd does not tell the job's environment");
	if (options_read_environment(options, environment) < 0)
		return error_set(e, "no memory for the job's options");
	return options_check(options, e);
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

/* Put "; advice" behind the sentence that e holds already. */
static int advise(struct error *e, const char *advice)
{
	struct error why = *e;

	return error_set(e, "%s; %s", why.text, advice);
}

static int check_runner(const char *path, struct error *e)
{
	struct stat st;
	int rc = 0;

	if (stat(path, &st) < 0 || access(path, X_OK) < 0)
		rc = error_sys(e, "%s", path);
	else if (!S_ISREG(st.st_mode))
		rc = error_set(e, "%s: not a program", path);
	return rc < 0 ? advise(e, "ask the administrator to install slurm-checkpoint on "
				  "this node")
		      : 0;
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

/* Put the runner in the task's place. runner stays where it is until execve(). */
static int replace_task(spank_t spank, const char *runner, const char *conf_file,
			const struct options *options, struct error *e)
{
	char **argv = NULL;
	int argc = 0;

	/* slurmstepd runs an OCI runtime then, and no argv[0] */
	if (is_set(spank, "SLURM_CONTAINER"))
		return error_set(e, "jobs with --container cannot be checkpointed");
	if (check_runner(runner, e) < 0)
		return -1;
	if (spank_get_item(spank, S_JOB_ARGV, &argc, &argv) != ESPANK_SUCCESS ||
	    argc < 1 || !argv || !argv[0])
		return error_set(e, "slurmstepd did not tell what it is about to run");
	if (set_environment(spank, argv[0], conf_file, options, e) < 0)
		return -1;
	argv[0] = (char *)runner;
	return 0;
}

static int read_conf(struct conf *conf, const char *path, struct error *e)
{
	if (!path || conf_init(conf, e) < 0)
		return error_set(e, "no memory for the configuration");
	if (conf_read(conf, path, e) < 0)
		return advise(e, "ask the administrator to correct it");
	return 0;
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

/* The rest, once the job is known to be a batch job. */
static void take_over_batch_task(spank_t spank, const struct settings *settings,
				 struct conf *conf, struct options *options)
{
	const char *runner = settings->runner ? settings->runner : RUNNER_PATH;
	cleanup_free char *conf_file =
		settings->conf ? strdup(settings->conf) : conf_path();
	struct error e;
	bool wanted;
	int rc = read_options(spank, options, &e);

	if (rc == 0)
		rc = read_conf(conf, conf_file, &e);
	wanted = rc < 0 ? options_asked(options) : options_wanted(options, conf);
	if (wanted || options_any(options))
		clean_environment(spank);
	if (!wanted)
		return;
	if (rc == 0)
		rc = replace_task(spank, runner, conf_file, options, &e);
	if (output_begin(spank, rc < 0 || is_beginning(spank, options)) && rc == 0)
		rc = set_variable(spank, CHECKPOINT_ENV_APPEND, "1", &e);
	guard_signals(rc == 0);
	if (rc < 0)
		say_unprotected(&e);
}

void takeover(spank_t spank, const struct settings *settings)
{
	struct options options = { 0 };
	struct conf conf = { 0 };

	if (!is_batch_step(spank))
		return;
	take_over_batch_task(spank, settings, &conf, &options);
	options_free(&options);
	conf_free(&conf);
}
