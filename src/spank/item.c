// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "spank/item.h"

#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/job_dir.h"
#include "base/protocol.h"
#include "base/str.h"
#include "spank/batch.h"
#include "spank/task_argv.h"

/* Linux takes no longer argument (MAX_ARG_STRLEN), with the NUL at its end. */
#define PAGES_OF_ARGUMENT 32

static struct settings settings;

void item_init(const struct settings *given)
{
	settings = *given;
}

/*
 * Only in the task's own process, as its user: before that it has root's ids, and in
 * slurmstepd, where the task has a number, all tasks' arguments are one array.
 */
static spank_err_t check_task(spank_t spank)
{
	uid_t uid;
	pid_t pid;
	spank_err_t rc;

	if (spank_context() != S_CTX_REMOTE)
		return ESPANK_NOT_REMOTE;
	rc = spank_get_item(spank, S_TASK_PID, &pid);
	if (rc != ESPANK_SUCCESS)
		return rc;
	rc = spank_get_item(spank, S_JOB_UID, &uid);
	if (rc != ESPANK_SUCCESS)
		return rc;
	return pid > 0 || uid != getuid() || uid != geteuid() ? ESPANK_NOT_TASK
							      : ESPANK_SUCCESS;
}

/* The sentence that a code does not say, for whoever looks for it. */
static spank_err_t fail(spank_err_t code, const struct error *e)
{
	slurm_verbose("checkpoint: %s", e->text);
	return code;
}

/* ---- the checkpoint directory ---- */

/* As the runner will make it. */
static char *make_dir(spank_t spank, const struct batch *batch, char *const *environment,
		      struct error *e)
{
	const char *dir = batch->options.arg[OPTION_DIR];
	const char *cluster = str_find_variable(environment, "SLURM_CLUSTER_NAME");
	cleanup_free char *user = job_dir_user();
	uint32_t job;

	if (!user || spank_get_item(spank, S_JOB_ID, &job) != ESPANK_SUCCESS) {
		error_set(e, "slurmstepd does not tell the job's number");
		return NULL;
	}
	return job_dir(dir && *dir ? dir : batch->conf.checkpoint_dir, user,
		       job_dir_cluster(cluster), job, e);
}

static spank_err_t batch_dir(spank_t spank, char *const *environment, char **dir)
{
	const struct batch *batch = batch_read(spank, &settings);
	struct error e;

	if (!batch->wanted || !batch->possible)
		return ESPANK_ENV_NOEXIST;
	*dir = make_dir(spank, batch, environment, &e);
	return *dir ? ESPANK_SUCCESS : fail(ESPANK_ERROR, &e);
}

/* What the job's script has, of which the step is a part. */
static spank_err_t step_dir(char *const *environment, char **dir)
{
	const char *value = str_find_variable(environment, CHECKPOINT_ENV_IMAGE_DIR);

	if (!value)
		return ESPANK_ENV_NOEXIST;
	*dir = strdup(value);
	return *dir ? ESPANK_SUCCESS : ESPANK_ERROR;
}

static spank_err_t get_dir(spank_t spank, char **dir)
{
	static char *kept;
	char **environment = NULL;
	spank_err_t rc = spank_get_item(spank, S_JOB_ENV, &environment);

	if (!dir)
		return ESPANK_BAD_ARG;
	if (!environment)
		rc = ESPANK_ERROR;
	if (!kept && rc == ESPANK_SUCCESS)
		rc = batch_is_step(spank) ? batch_dir(spank, environment, &kept)
					  : step_dir(environment, &kept);
	*dir = kept;
	return rc;
}

/* ---- the arguments ---- */

static spank_err_t get_argv(spank_t spank, int *argc, char ***argv)
{
	struct error e;

	if (!argc || !argv)
		return ESPANK_BAD_ARG;
	return task_argv_get(spank, argc, argv, &e) == 0 ? ESPANK_SUCCESS
							 : fail(ESPANK_ERROR, &e);
}

static spank_err_t check_argv(int argc, char *const *argv)
{
	size_t room = PAGES_OF_ARGUMENT * (size_t)sysconf(_SC_PAGESIZE);

	if (argc < 1 || !argv)
		return ESPANK_BAD_ARG;
	for (int i = 0; i < argc; i++) {
		if (!argv[i] || (i == 0 && !*argv[i]))
			return ESPANK_BAD_ARG;
		if (strlen(argv[i]) >= room)
			return ESPANK_NOSPACE;
	}
	return ESPANK_SUCCESS;
}

static spank_err_t set_argv(spank_t spank, int argc, char *const *argv)
{
	spank_err_t rc = check_argv(argc, argv);
	struct error e;

	if (rc != ESPANK_SUCCESS)
		return rc;
	if (task_argv_is_container(spank))
		return ESPANK_NOT_AVAIL;
	if (task_argv_check(&settings, &e) < 0)
		return fail(ESPANK_NOT_AVAIL, &e);
	return task_argv_set(spank, &settings, argc, argv, &e) == 0
		       ? ESPANK_SUCCESS
		       : fail(ESPANK_ERROR, &e);
}

/* ---- what other plugins call ---- */

spank_err_t checkpoint_get_item(spank_t spank, int item, va_list args)
{
	spank_err_t rc = check_task(spank);
	int *argc;

	if (rc != ESPANK_SUCCESS)
		return rc;
	if (item == S_JOB_CHECKPOINT_DIR)
		return get_dir(spank, va_arg(args, char **));
	if (item != S_JOB_ARGV)
		return ESPANK_BAD_ARG;
	argc = va_arg(args, int *);
	return get_argv(spank, argc, va_arg(args, char ***));
}

spank_err_t checkpoint_set_item(spank_t spank, int item, va_list args)
{
	spank_err_t rc = check_task(spank);
	int argc;

	if (rc != ESPANK_SUCCESS)
		return rc;
	if (item != S_JOB_ARGV)
		return ESPANK_BAD_ARG;
	argc = va_arg(args, int);
	return set_argv(spank, argc, va_arg(args, char **));
}
