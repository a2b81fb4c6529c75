// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "spank/task_argv.h"

#include <slurm/slurm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/protocol.h"
#include "spank/hand_over.h"

/* Slurm's callbacks have no argument to carry it in; execve() frees it. */
static struct {
	char *original; /* argv[0] as Slurm had it; NULL: nothing was changed yet */
	int originals;	/* how many there were */
	char **argv;	/* instead of them, or NULL */
	int argc;
	const char *runner; /* before them, or NULL */
	bool entered;	    /* Slurm will execute task-exec */
} task;

bool task_argv_is_container(spank_t spank)
{
	char start[1];

	return spank_getenv(spank, "SLURM_CONTAINER", start, sizeof(start)) !=
	       ESPANK_ENV_NOEXIST;
}

int task_argv_check_program(const char *path, struct error *e)
{
	struct stat st;

	if (stat(path, &st) < 0 || access(path, X_OK) < 0)
		return error_sys(e, "%s", path);
	return S_ISREG(st.st_mode) ? 0 : error_set(e, "%s: not a program", path);
}

int task_argv_check(const struct settings *settings, struct error *e)
{
	cleanup_free char *task_exec = settings_task_exec(settings);

	return task_exec ? task_argv_check_program(task_exec, e)
			 : error_sys(e, "task-exec");
}

static int slurms_argv(spank_t spank, int *argc, char ***argv, struct error *e)
{
	*argc = 0;
	*argv = NULL;
	if (spank_get_item(spank, S_JOB_ARGV, argc, argv) != ESPANK_SUCCESS ||
	    *argc < 1 || !*argv || !**argv)
		return error_set(e, "slurmstepd did not tell what it is about to run");
	return 0;
}

/* ---- the environment ---- */

static void clear_pieces(spank_t spank)
{
	char start[1];

	for (size_t n = 0;; n++) {
		cleanup_free char *name = hand_over_variable(n);

		if (!name ||
		    spank_getenv(spank, name, start, sizeof(start)) == ESPANK_ENV_NOEXIST)
			return;
		spank_unsetenv(spank, name);
	}
}

static int set_pieces(spank_t spank, const char *text, struct error *e)
{
	clear_pieces(spank);
	for (size_t n = 0; *text; n++) {
		cleanup_free char *name = hand_over_variable(n);
		cleanup_free char *piece = strndup(text, HAND_OVER_PIECE);

		if (!name || !piece ||
		    spank_setenv(spank, name, piece, 1) != ESPANK_SUCCESS)
			return error_set(e, "slurmstepd does not set " CHECKPOINT_ENV_TASK
					    " in the job's environment");
		text += strlen(piece);
	}
	return 0;
}

/* ---- Slurm's array ---- */

/*
 * Since 23.11 a plugin may have had Slurm copy the array, and what is written to the
 * one that it shows is lost. But then there is a way to put something before it.
 */
#if SLURM_VERSION_NUMBER >= SLURM_VERSION_NUM(23, 11, 0)
#define ARRAY_IS_KEPT true

static int put_first(spank_t spank, const char *task_exec, struct error *e)
{
	const char *first[] = { task_exec };

	if (spank_prepend_task_argv(spank, 1, first) != ESPANK_SUCCESS)
		return error_set(e, "slurmstepd does not run %s", task_exec);
	return 0;
}
#else
#define ARRAY_IS_KEPT false

/* Slurm executes argv[0] of the very array that it shows. */
static int put_first(spank_t spank, const char *task_exec, struct error *e)
{
	char **argv, *first = strdup(task_exec);
	int argc;

	if (!first || slurms_argv(spank, &argc, &argv, e) < 0)
		return error_sys(e, "%s", task_exec);
	argv[0] = first;
	return 0;
}
#endif

/* ---- changes ---- */

static char **copy_vector(int argc, char *const *argv)
{
	char **copy = calloc((size_t)argc + 1, sizeof(*copy));

	for (int i = 0; copy && i < argc; i++) {
		copy[i] = strdup(argv[i]);
		if (!copy[i]) {
			hand_over_free(copy);
			return NULL;
		}
	}
	return copy;
}

/* Before the first change: what Slurm has. */
static int remember(spank_t spank, struct error *e)
{
	char **argv;

	if (task.original)
		return 0;
	if (slurms_argv(spank, &task.originals, &argv, e) < 0)
		return -1;
	if (!ARRAY_IS_KEPT) {
		task.argv = copy_vector(task.originals, argv);
		task.argc = task.originals;
		if (!task.argv)
			return error_sys(e, "%s", argv[0]);
	}
	task.original = strdup(argv[0]);
	return task.original ? 0 : error_sys(e, "%s", argv[0]);
}

/* Tell task-exec how things are, and have Slurm execute it. */
static int hand_over(spank_t spank, const struct settings *settings, struct error *e)
{
	const struct hand_over h = {
		.argv = task.argv,
		.originals = (size_t)task.originals - (ARRAY_IS_KEPT ? 0 : 1),
		.original = ARRAY_IS_KEPT ? task.original : NULL,
		.runner = task.runner,
	};
	cleanup_free char *text = hand_over_encode(&h);
	cleanup_free char *task_exec = settings_task_exec(settings);

	if (!text || !task_exec)
		return error_sys(e, "%s", task.original);
	if (set_pieces(spank, text, e) < 0)
		return -1;
	if (!task.entered && put_first(spank, task_exec, e) < 0) {
		clear_pieces(spank);
		return -1;
	}
	task.entered = true;
	return 0;
}

int task_argv_get(spank_t spank, int *argc, char ***argv, struct error *e)
{
	if (!task.argv)
		return slurms_argv(spank, argc, argv, e);
	*argc = task.argc;
	*argv = task.argv;
	return 0;
}

int task_argv_set(spank_t spank, const struct settings *settings, int argc,
		  char *const *argv, struct error *e)
{
	char **former, **copy = copy_vector(argc, argv);
	int former_argc;

	if (!copy || remember(spank, e) < 0) {
		hand_over_free(copy);
		return copy ? -1 : error_sys(e, "%d arguments", argc);
	}
	former = task.argv;
	former_argc = task.argc;
	task.argv = copy;
	task.argc = argc;
	if (hand_over(spank, settings, e) == 0) {
		hand_over_free(former);
		return 0;
	}
	task.argv = former;
	task.argc = former_argc;
	hand_over_free(copy);
	if (task.entered) /* with what was written before, and may be no more */
		(void)hand_over(spank, settings, NULL);
	return -1;
}

int task_argv_put_runner(spank_t spank, const struct settings *settings, struct error *e)
{
	if (remember(spank, e) < 0)
		return -1;
	task.runner = settings_runner(settings);
	if (hand_over(spank, settings, e) == 0)
		return 0;
	task.runner = NULL;
	return -1;
}

int task_argv_enter(spank_t spank, const struct settings *settings, struct error *e)
{
	if (remember(spank, e) < 0)
		return -1;
	return hand_over(spank, settings, e);
}

const char *task_argv_original(spank_t spank)
{
	char **argv;
	int argc;

	if (task.original)
		return task.original;
	return slurms_argv(spank, &argc, &argv, NULL) == 0 ? argv[0] : NULL;
}
