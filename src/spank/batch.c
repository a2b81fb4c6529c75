// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "spank/batch.h"

#include <slurm/slurm.h>
#include <string.h>

#include "spank/output.h"
#include "spank/task_argv.h"

bool batch_is_step(spank_t spank)
{
	uint32_t step;

	return spank_get_item(spank, S_JOB_STEPID, &step) == ESPANK_SUCCESS &&
	       step == SLURM_BATCH_SCRIPT;
}

/* Put "; advice" behind the sentence that e holds already. */
static int advise(struct error *e, const char *advice)
{
	struct error why = *e;

	return error_set(e, "%s; %s", why.text, advice);
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

static int read_conf(struct batch *batch, const struct settings *settings,
		     struct error *e)
{
	batch->conf_file = settings->conf ? strdup(settings->conf) : conf_path();
	if (!batch->conf_file || conf_init(&batch->conf, e) < 0)
		return error_set(e, "no memory for the configuration");
	if (conf_read(&batch->conf, batch->conf_file, e) < 0)
		return advise(e, "ask the administrator to correct it");
	return 0;
}

static int check_programs(const struct settings *settings, struct error *e)
{
	if (task_argv_check_program(settings_runner(settings), e) < 0 ||
	    task_argv_check(settings, e) < 0)
		return advise(e, "ask the administrator to install slurm-checkpoint on "
				 "this node");
	return 0;
}

static void read_all(struct batch *batch, spank_t spank, const struct settings *settings)
{
	struct error *e = &batch->error;
	int rc = read_options(spank, &batch->options, e);

	if (rc == 0)
		rc = read_conf(batch, settings, e);
	batch->wanted = rc < 0 ? options_asked(&batch->options)
			       : options_wanted(&batch->options, &batch->conf);
	/* As checkpoint.conf was when it was submitted: it may have been saved since. */
	if (output_is_kept(spank) && !batch->options.given[OPTION_NO_CHECKPOINT])
		batch->wanted = true;
	if (batch->wanted && task_argv_is_container(spank)) {
		rc = error_set(e, "jobs with --container cannot be checkpointed");
		batch->never = true;
	}
	if (rc == 0 && batch->wanted)
		rc = check_programs(settings, e);
	batch->possible = rc == 0;
}

struct batch *batch_read(spank_t spank, const struct settings *settings)
{
	/* Slurm's callbacks have no argument to carry it in; execve() frees it. */
	static struct batch batch;
	static bool done;

	if (!done)
		read_all(&batch, spank, settings);
	done = true;
	return &batch;
}
