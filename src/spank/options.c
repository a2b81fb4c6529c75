// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "spank/options.h"

#include <ctype.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/protocol.h"
#include "base/str.h"
#include "base/timefmt.h"

static int check_interval(const char *arg, struct error *e)
{
	long seconds;

	return *arg ? timefmt_parse(arg, &seconds, e) : 0;
}

static int check_dir(const char *arg, struct error *e)
{
	cleanup_free char *dir = conf_expand_dir(arg, "user", 1, e);

	return dir ? 0 : -1;
}

static int check_fallback(const char *arg, struct error *e)
{
	if (strcmp(arg, "fail") == 0 || strcmp(arg, "restart") == 0)
		return 0;
	return error_set(e, "neither fail nor restart");
}

const struct option_info option_table[OPTION_COUNT] = {
	[OPTION_CHECKPOINT] = { "checkpoint", "[interval]", optional_argument,
				"save the job so that it can go on elsewhere: when it is "
				"preempted or asked to, and every interval if given",
				"SBATCH_CHECKPOINT", CHECKPOINT_ENV_INTERVAL,
				check_interval },
	[OPTION_NO_CHECKPOINT] = { "no-checkpoint", NULL, no_argument,
				   "do not save the job, whatever else asks for it", NULL,
				   NULL, NULL },
	[OPTION_DIR] = { "checkpoint-dir", "directory", required_argument,
			 "where to keep the job's checkpoints (%u: user, %j: job id)",
			 "SBATCH_CHECKPOINT_DIR", CHECKPOINT_ENV_DIR, check_dir },
	[OPTION_FALLBACK] = { "checkpoint-fallback", "fail|restart", required_argument,
			      "what to do if no checkpoint can be restored",
			      "SBATCH_CHECKPOINT_FALLBACK", CHECKPOINT_ENV_FALLBACK,
			      check_fallback },
	[OPTION_ETERNAL] = { "eternal", NULL, no_argument,
			     "at the time limit save the job and queue it again; implies "
			     "--checkpoint",
			     "SBATCH_ETERNAL", CHECKPOINT_ENV_ETERNAL, NULL },
};

/*
 * The argument itself, or NULL where there is none. Slurm writes "(null)" into
 * its environment form of an option that was given without its optional
 * argument, and reads that for the second component of a heterogeneous job.
 */
static const char *real_arg(enum option_id id, const char *arg)
{
	int has_arg = option_table[id].has_arg;

	if (has_arg == optional_argument && arg && strcmp(arg, "(null)") == 0)
		return NULL;
	return has_arg == no_argument ? NULL : arg;
}

int options_set(struct options *options, enum option_id id, const char *arg)
{
	char *copy = NULL;

	arg = real_arg(id, arg);
	if (arg && !(copy = strdup(arg)))
		return -1;
	free(options->arg[id]);
	options->arg[id] = copy;
	options->given[id] = true;
	return 0;
}

int options_check(const struct options *options, struct error *e)
{
	for (int id = 0; id < OPTION_COUNT; id++) {
		const struct option_info *info = &option_table[id];
		const char *arg = options->arg[id];

		if (arg && info->check(arg, e) < 0)
			return error_prefix(e, "--%s=%s", info->name, arg);
	}
	return 0;
}

bool options_any(const struct options *options)
{
	for (int id = 0; id < OPTION_COUNT; id++)
		if (options->given[id])
			return true;
	return false;
}

bool options_asked(const struct options *options)
{
	return !options->given[OPTION_NO_CHECKPOINT] &&
	       (options->given[OPTION_CHECKPOINT] || options->given[OPTION_ETERNAL]);
}

bool options_wanted(const struct options *options, const struct conf *conf)
{
	return options_asked(options) ||
	       (conf->default_on && !options->given[OPTION_NO_CHECKPOINT]);
}

const char *options_task_value(const struct options *options, enum option_id id)
{
	const char *arg = options->arg[id];

	if (!options->given[id] || !option_table[id].task_env)
		return NULL;
	if (option_table[id].has_arg == no_argument)
		return "1";
	/* --checkpoint alone: on request only, whatever the site's interval */
	return arg && *arg ? arg : "0";
}

char *options_slurm_env(enum option_id id)
{
	char *name = str_printf("SLURM_SPANK__SLURM_SPANK_OPTION_" PLUGIN_NAME "_%s",
				option_table[id].name);

	for (char *c = name; c && *c; c++)
		if (!isalnum((unsigned char)*c))
			*c = '_';
	return name;
}

int options_read_environment(struct options *options, char *const *environment)
{
	for (enum option_id id = 0; id < OPTION_COUNT; id++) {
		cleanup_free char *name = options_slurm_env(id);
		const char *value;

		if (!name)
			return -1;
		value = str_find_variable(environment, name);
		if (value && options_set(options, id, value) < 0)
			return -1;
	}
	return 0;
}

void options_free(struct options *options)
{
	for (int id = 0; id < OPTION_COUNT; id++)
		free(options->arg[id]);
	*options = (struct options){ 0 };
}
