// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "spank/options.h"

#include <ctype.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/protocol.h"
#include "base/str.h"
#include "base/wishes.h"

static int check_interval(const char *arg, struct error *e)
{
	long seconds;

	return *arg ? conf_parse_interval(arg, &seconds, e) : 0;
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

static int check_keep(const char *arg, struct error *e)
{
	unsigned long long number;

	if (str_to_ull(arg, CONF_KEEP_MAX, &number) == 0 && number > 0)
		return 0;
	return error_set(e, "not a number from 1 to %d", CONF_KEEP_MAX);
}

static int check_tmpdir(const char *arg, struct error *e)
{
	if (strcmp(arg, "yes") == 0 || strcmp(arg, "no") == 0)
		return 0;
	return error_set(e, "neither yes nor no");
}

static int check_files(const char *arg, struct error *e)
{
	if (strcmp(arg, "auto") == 0 || strcmp(arg, "lengths") == 0 ||
	    strcmp(arg, "copy") == 0)
		return 0;
	return error_set(e, "none of auto, lengths and copy");
}

static int check_srun(const char *arg, struct error *e)
{
	if (strcmp(arg, "job") == 0 || strcmp(arg, "slurm") == 0)
		return 0;
	return error_set(e, "neither job nor slurm");
}

static int check_cpu(const char *arg, struct error *e)
{
	enum cpu_baseline baseline;

	return cpu_parse_baseline(arg, &baseline, e);
}

/* JOB or JOB.GENERATION */
static int check_from(const char *arg, struct error *e)
{
	cleanup_free char *copy = strdup(arg);
	char *generation = copy;
	char *job = copy ? strsep(&generation, ".") : NULL;
	unsigned long long number;

	if (job && str_to_ull(job, UINT_MAX, &number) == 0 && number > 0 &&
	    (!generation ||
	     (str_to_ull(generation, UINT_MAX, &number) == 0 && number > 0)))
		return 0;
	return error_set(e, "neither a job id nor one with a generation, as 123.4");
}

#define CHECK_WISH(what)                                          \
	static int check_##what(const char *arg, struct error *e) \
	{                                                         \
		struct wishes wishes;                             \
		int rc;                                           \
                                                                  \
		wishes_init(&wishes);                             \
		rc = wishes_set_##what(&wishes, arg, e);          \
		wishes_free(&wishes);                             \
		return rc;                                        \
	}

CHECK_WISH(engine)
CHECK_WISH(signal)
CHECK_WISH(exit_code)
CHECK_WISH(done_file)
CHECK_WISH(net)
CHECK_WISH(tcp)

const struct option_info option_table[OPTION_COUNT] = {
	[OPTION_CHECKPOINT] = { "checkpoint", "[interval]", optional_argument,
				"save the job so that it can continue elsewhere: when it "
				"is "
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
	[OPTION_KEEP] = { "checkpoint-keep", "number", required_argument,
			  "how many checkpoints of the job to keep",
			  "SBATCH_CHECKPOINT_KEEP", CHECKPOINT_ENV_KEEP, check_keep },
	[OPTION_TMPDIR] = { "checkpoint-tmpdir", "yes|no", required_argument,
			    "whether the job has a TMPDIR of its own that goes with it",
			    "SBATCH_CHECKPOINT_TMPDIR", CHECKPOINT_ENV_TMPDIR,
			    check_tmpdir },
	[OPTION_FILES] = { "checkpoint-files", "auto|lengths|copy", required_argument,
			   "what to keep of files that the job writes: their lengths, "
			   "their "
			   "content, or that of those that it rewrites in place",
			   "SBATCH_CHECKPOINT_FILES", CHECKPOINT_ENV_FILES, check_files },
	[OPTION_FROM] = { "checkpoint-from", "job[.generation]", required_argument,
			  "continue from the checkpoints of a job that is gone; implies "
			  "--checkpoint",
			  NULL, CHECKPOINT_ENV_FROM, check_from },
	[OPTION_ENGINE] = { "checkpoint-engine", "name", required_argument,
			    "what saves the job: auto, or one of the engines of "
			    "slurm-checkpoint(7)",
			    "SBATCH_CHECKPOINT_ENGINE", CHECKPOINT_ENV_ENGINE,
			    check_engine },
	[OPTION_SIGNAL] = { "checkpoint-signal", "[steps:]signal", required_argument,
			    "the job saves itself when its script, or all its running "
			    "steps, get this signal",
			    "SBATCH_CHECKPOINT_SIGNAL", CHECKPOINT_ENV_SIGNAL,
			    check_signal },
	[OPTION_EXIT_CODE] = { "checkpoint-exit-code", "number", required_argument,
			       "it has saved itself when its script ends with this exit "
			       "code",
			       "SBATCH_CHECKPOINT_EXIT_CODE", CHECKPOINT_ENV_EXIT,
			       check_exit_code },
	[OPTION_DONE_FILE] = { "checkpoint-done-file", "path", required_argument,
			       "it has saved itself when this file appears",
			       "SBATCH_CHECKPOINT_DONE_FILE", CHECKPOINT_ENV_DONE,
			       check_done_file },
	[OPTION_NET] = { "checkpoint-net", "auto|host|private", required_argument,
			 "whether the job has a network of its own, whose connections "
			 "are saved with it",
			 "SBATCH_CHECKPOINT_NET", CHECKPOINT_ENV_NET, check_net },
	[OPTION_TCP] = { "checkpoint-tcp", "refuse|close", required_argument,
			 "what becomes of open connections to elsewhere when the job is "
			 "saved",
			 "SBATCH_CHECKPOINT_TCP", CHECKPOINT_ENV_TCP, check_tcp },
	[OPTION_SRUN] = { "checkpoint-srun", "job|slurm", required_argument,
			  "who starts the tasks of the job's srun: the job itself, so "
			  "they "
			  "are saved with it, or Slurm",
			  "SBATCH_CHECKPOINT_SRUN", CHECKPOINT_ENV_SRUN, check_srun },
	[OPTION_CPU] = { "checkpoint-cpu", "node|x86-64-v2|x86-64-v3|x86-64-v4",
			 required_argument,
			 "what the job's libraries choose of a CPU at most, so that it "
			 "can continue on all nodes that have that",
			 "SBATCH_CHECKPOINT_CPU", CHECKPOINT_ENV_CPU, check_cpu },
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
	       (options->given[OPTION_CHECKPOINT] || options->given[OPTION_ETERNAL] ||
		options->given[OPTION_FROM]);
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
