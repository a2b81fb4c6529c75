/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spank_checkpoint.h - for SPANK plugins: a job's checkpoint directory, and the
 * arguments of a task, which a plugin may replace. See spank_checkpoint(3).
 *
 * There is nothing to link with. The functions look for checkpoint.so of
 * slurm-checkpoint among what Slurm has loaded into this process, wherever it stands
 * in plugstack.conf, and do not load it.
 */
#ifndef SPANK_CHECKPOINT_H
#define SPANK_CHECKPOINT_H

#include <dlfcn.h>
#include <stdarg.h>
#include <string.h>

#include <slurm/spank.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The name by which checkpoint.so is known to dlopen(3); it changes with the interface.
 */
#define SPANK_CHECKPOINT_SONAME "slurm-checkpoint-spank.so.1"

/* An item besides those of enum spank_item, whose numbers are small. */
enum { S_JOB_CHECKPOINT_DIR = 0x434b5000 }; /* char ** */

typedef spank_err_t (*spank_checkpoint_function_t)(spank_t spank, int item, va_list args);

/* A function of checkpoint.so's, which Slurm keeps loaded; or NULL. */
static inline spank_checkpoint_function_t spank_checkpoint_find(const char *name)
{
	spank_checkpoint_function_t function = NULL;
	void *library = dlopen(SPANK_CHECKPOINT_SONAME, RTLD_LAZY | RTLD_NOLOAD);
	void *symbol;

	if (!library)
		return NULL;
	symbol = dlsym(library, name);
	dlclose(library);
	memcpy(&function, &symbol, sizeof(function)); /* which ISO C has no cast for */
	return function;
}

/*
 * Both are for slurm_spank_task_init(), where the task's process already is the
 * job's user's. They return
 *
 *	ESPANK_SUCCESS
 *	ESPANK_NOT_AVAIL   checkpoint.so is not in plugstack.conf or not the one that
 *			   this header belongs to; or, of set_item, the task is run by
 *			   a container runtime, or task-exec is not installed
 *	ESPANK_NOT_REMOTE  called in another program than slurmstepd
 *	ESPANK_NOT_TASK    called in another function than slurm_spank_task_init()
 *	ESPANK_BAD_ARG     no such item, or an argument that cannot be
 *	ESPANK_NOSPACE     an argument longer than execve(2) takes
 *	ESPANK_ERROR       no memory, or slurmstepd does not do as it should
 *
 * and what is said below. The task is as it was unless it is ESPANK_SUCCESS.
 */

/*
 * S_JOB_CHECKPOINT_DIR, char **dir
 *	Where the job's checkpoints are kept, the SLURM_CHECKPOINT_IMAGE_DIR that the
 *	job sees. The runner makes it when the job first starts, after this.
 *	ESPANK_ENV_NOEXIST, and *dir is NULL, if the job is not to be checkpointed, or
 *	cannot be.
 *
 * S_JOB_ARGV, int *argc, char ***argv
 *	The arguments of the task, (*argv)[*argc] being NULL: what was set last, else
 *	what spank_get_item(3) says. Not the runner of a job that is checkpointed.
 *
 * What the pointers are set to is checkpoint.so's or Slurm's: not to be written to or
 * freed, and valid until the item is set or the hook returns.
 */
static inline spank_err_t spank_checkpoint_get_item(spank_t spank, int item, ...)
{
	spank_checkpoint_function_t get = spank_checkpoint_find("checkpoint_get_item");
	spank_err_t rc = ESPANK_NOT_AVAIL;
	va_list args;

	va_start(args, item);
	if (get)
		rc = get(spank, item, args);
	va_end(args);
	return rc;
}

/*
 * S_JOB_ARGV, int argc, char **argv
 *	Have the task execute argv[0] with these argc arguments, of any number of at
 *	least 1, instead of those that it has. They are copied. An argv[0] that begins
 *	neither with "/" nor with "." is searched for in the job's PATH, as Slurm does.
 */
static inline spank_err_t spank_checkpoint_set_item(spank_t spank, int item, ...)
{
	spank_checkpoint_function_t set = spank_checkpoint_find("checkpoint_set_item");
	spank_err_t rc = ESPANK_NOT_AVAIL;
	va_list args;

	va_start(args, item);
	if (set)
		rc = set(spank, item, args);
	va_end(args);
	return rc;
}

#ifdef __cplusplus
}
#endif

#endif
