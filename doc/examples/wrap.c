// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * wrap.c - an example of spank_checkpoint(3): a SPANK plugin that runs every task under
 * a command, and tells the task where its job's checkpoints are.
 *
 *	cc -shared -fPIC -o wrap.so wrap.c
 *
 * in plugstack.conf, before checkpoint.so or after it:
 *
 *	optional /usr/local/lib/slurm/wrap.so nice -n 5
 */
#include <stdlib.h>
#include <string.h>

#include <slurm/spank.h>
#include <slurm/spank_checkpoint.h>

SPANK_PLUGIN(wrap, 1)

int slurm_spank_task_init(spank_t spank, int ac, char *av[]);

static spank_err_t tell_directory(spank_t spank)
{
	char *dir;
	spank_err_t rc = spank_checkpoint_get_item(spank, S_JOB_CHECKPOINT_DIR, &dir);

	if (rc == ESPANK_ENV_NOEXIST) /* it is not checkpointed */
		return ESPANK_SUCCESS;
	if (rc != ESPANK_SUCCESS)
		return rc;
	return spank_setenv(spank, "WRAP_CHECKPOINT_DIR", dir, 1);
}

/* command is the beginning of the task's new arguments, and the old ones follow. */
static spank_err_t wrap(spank_t spank, int words, char *command[])
{
	char **old, **wrapped;
	int argc;
	spank_err_t rc = spank_checkpoint_get_item(spank, S_JOB_ARGV, &argc, &old);

	if (rc != ESPANK_SUCCESS)
		return rc;
	wrapped = calloc((size_t)words + (size_t)argc, sizeof(*wrapped));
	if (!wrapped)
		return ESPANK_ERROR;
	memcpy(wrapped, command, (size_t)words * sizeof(*wrapped));
	memcpy(wrapped + words, old, (size_t)argc * sizeof(*wrapped));
	rc = spank_checkpoint_set_item(spank, S_JOB_ARGV, words + argc, wrapped);
	free(wrapped); /* it was copied */
	return rc;
}

/* Slurm calls it in the process of each task, as the job's user. */
int slurm_spank_task_init(spank_t spank, int ac, char *av[])
{
	spank_err_t rc = tell_directory(spank);

	if (rc == ESPANK_SUCCESS && ac > 0)
		rc = wrap(spank, ac, av);
	if (rc != ESPANK_SUCCESS)
		slurm_error("wrap: %s", spank_strerror(rc));
	return rc == ESPANK_SUCCESS ? 0 : -1;
}
