// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "spank/submit.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/protocol.h"
#include "spank/feature.h"
#include "spank/output.h"
#include "spank/requeue.h"
#include "spank/sbatch.h"
#include "spank/warning.h"

void submit_read_environment(void)
{
	for (enum option_id id = 0; id < OPTION_COUNT; id++) {
		const char *submit_env = option_table[id].submit_env;
		const char *value = submit_env ? getenv(submit_env) : NULL;
		cleanup_free char *slurm_env = options_slurm_env(id);

		if (value && slurm_env)
			setenv(slurm_env, value, 0);
	}
}

/*
 * Print the sentence and end sbatch. From here and not through Slurm, which
 * would add two sentences about plugins to a user's slip, and would submit the
 * job all the same where plugstack.conf has the plugin as optional.
 */
static _Noreturn void refuse(const struct error *e)
{
	slurm_error("%s", e->text);
	exit(&error_exit ? error_exit : EXIT_FAILURE);
}

/*
 * The site's configuration, or the defaults if it is missing or broken: the
 * batch task will say that, in the place where it counts. -1 without memory.
 */
static int read_conf(struct conf *conf, const struct settings *settings)
{
	cleanup_free char *beside = settings->conf ? NULL : conf_path();
	const char *path = settings->conf ? settings->conf : beside;

	if (conf_init(conf, NULL) < 0)
		return -1;
	if (path && conf_read(conf, path, NULL) == 0)
		return 0;
	conf_free(conf);
	return conf_init(conf, NULL);
}

/* That the job is not sent to a node on which it would be an ordinary one. */
static void keep_to_nodes(const struct conf *conf)
{
	if (conf->node_feature &&
	    (!sbatch_can_set() || feature_require(conf->node_feature) < 0))
		slurm_info("checkpoint: the job may get to a node on which it cannot be "
			   "saved, and would start over; add the feature \"%s\" to its "
			   "--constraint",
			   conf->node_feature);
}

static bool has_own_srun(const struct conf *conf, const struct options *options)
{
	const char *word = options_task_value(options, OPTION_SRUN);

	return word ? !strcmp(word, "job") : conf->own_srun;
}

/* slurmctld sends it to the steps that it knows, and tells nobody else. */
static void look_at_signal(const struct conf *conf, const struct options *options)
{
	const char *signal = NULL;

	if (sbatch_can_set() && has_own_srun(conf, options))
		signal = warning_of_steps();
	if (signal)
		slurm_info(
			"checkpoint: --signal=%s does not reach the steps of the job's "
			"own srun; give --signal=B:%s, and have the script send it to "
			"srun, or give --checkpoint-srun=slurm",
			signal, signal);
}

static void prepare(spank_t spank, const struct conf *conf, const struct options *options)
{
	unsetenv(RESTART_COUNT); /* of a job around this sbatch */
	keep_to_nodes(conf);
	look_at_signal(conf, options);
	if (sbatch_can_set() && warning_ask(spank, conf->grace_time) == 0 &&
	    output_keep(spank) == 0 && requeue_allow() == 0)
		return;
	slurm_info(
		"checkpoint: the job will be saved by interval and on request only, "
		"since "
		"this sbatch takes no options from a plugin; add --signal=B:%d@%u "
		"--open-mode=append --requeue to have it saved when it is preempted, too",
		CHECKPOINT_SIGNAL_WARN, conf->grace_time);
}

/*
 * For a job that is not to be checkpointed: who gives an option of ours on the command
 * line thinks it is. In the environment it may stand for all of a user's jobs.
 */
static int check_idle(const struct options *options, struct error *e)
{
	if (options->given[OPTION_NO_CHECKPOINT])
		return 0;
	for (enum option_id id = 0; id < OPTION_COUNT; id++) {
		const char *submit_env = option_table[id].submit_env;

		if (options->given[id] && !(submit_env && getenv(submit_env)))
			return error_set(e, "--%s means nothing without --checkpoint",
					 option_table[id].name);
	}
	return 0;
}

void submit_prepare(spank_t spank, const struct settings *settings,
		    const struct options *options)
{
	static bool first_component = true;
	struct conf conf;
	struct error e;

	if (options_check(options, &e) < 0)
		refuse(&e);
	/* Only the first component of a heterogeneous job has a batch task. */
	if (!first_component || read_conf(&conf, settings) < 0)
		return;
	first_component = false;
	if (options_wanted(options, &conf))
		prepare(spank, &conf, options);
	else if (check_idle(options, &e) < 0)
		refuse(&e);
	conf_free(&conf);
}
