// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A SPANK plugin that does what the first word after its name in plugstack.conf says:
 *
 *	first N       keep the first N of a task's arguments
 *	bytes         add an argument of every byte, an empty one, and the longest there
 *is many N        add N arguments prepend WORD...  by Slurm's own means codes leave in
 *TRY_* of the environment what is answered to what is wrong
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include <slurm/spank.h>
#include <slurm/spank_checkpoint.h>

SPANK_PLUGIN(try, 1)

int slurm_spank_init(spank_t spank, int ac, char *av[]);
int slurm_spank_user_init(spank_t spank, int ac, char *av[]);
int slurm_spank_task_init_privileged(spank_t spank, int ac, char *av[]);
int slurm_spank_task_init(spank_t spank, int ac, char *av[]);

static char longest[128 * 1024 + 1];

static spank_err_t set_more(spank_t spank, int more, char *added[])
{
	char **argv, **longer;
	int argc;
	spank_err_t rc = spank_checkpoint_get_item(spank, S_JOB_ARGV, &argc, &argv);

	if (rc != ESPANK_SUCCESS)
		return rc;
	longer = calloc((size_t)(argc + more), sizeof(*longer));
	memcpy(longer, argv, (size_t)argc * sizeof(*longer));
	memcpy(longer + argc, added, (size_t)more * sizeof(*longer));
	rc = spank_checkpoint_set_item(spank, S_JOB_ARGV, argc + more, longer);
	free(longer);
	return rc;
}

static spank_err_t first(spank_t spank, int count)
{
	char **argv;
	int argc;
	spank_err_t rc = spank_checkpoint_get_item(spank, S_JOB_ARGV, &argc, &argv);

	if (rc == ESPANK_SUCCESS)
		rc = spank_checkpoint_set_item(spank, S_JOB_ARGV, count, argv);
	return rc;
}

static spank_err_t bytes(spank_t spank)
{
	static char every[256];
	char *added[] = { every, (char *)"", longest };

	for (int i = 0; i < 255; i++)
		every[i] = (char)(i + 1);
	memset(longest, 'x', 128 * 1024 - 1);
	return set_more(spank, 3, added);
}

static spank_err_t many(spank_t spank, int count)
{
	char **added = calloc((size_t)count, sizeof(*added));

	for (int i = 0; i < count; i++)
		added[i] = (char *)"y";
	return set_more(spank, count, added);
}

static spank_err_t prepend(spank_t spank, int words, char *command[])
{
#if SLURM_VERSION_NUMBER >= SLURM_VERSION_NUM(23, 11, 0)
	return spank_prepend_task_argv(spank, words, (const char **)command);
#else
	return ESPANK_NOT_AVAIL;
#endif
}

static void note(spank_t spank, const char *name, spank_err_t rc)
{
	spank_setenv(spank, name, rc ? spank_strerror(rc) : "Success", 1);
}

static void codes(spank_t spank)
{
	char *argv[] = { (char *)"true", NULL };
	int argc;

	note(spank, "TRY_GET_OTHER", spank_checkpoint_get_item(spank, S_JOB_ID, &argc));
	note(spank, "TRY_GET_NULL",
	     spank_checkpoint_get_item(spank, S_JOB_CHECKPOINT_DIR, NULL));
	note(spank, "TRY_SET_DIR",
	     spank_checkpoint_set_item(spank, S_JOB_CHECKPOINT_DIR, "/tmp"));
	note(spank, "TRY_SET_NONE",
	     spank_checkpoint_set_item(spank, S_JOB_ARGV, 0, argv));
	note(spank, "TRY_SET_HOLE",
	     spank_checkpoint_set_item(spank, S_JOB_ARGV, 2, argv));
	memset(longest, 'x', sizeof(longest) - 1);
	argv[1] = longest;
	note(spank, "TRY_SET_LONG",
	     spank_checkpoint_set_item(spank, S_JOB_ARGV, 2, argv));
}

static spank_err_t try_to_set(spank_t spank)
{
	char *argv[] = { (char *)"false" };

	return spank_checkpoint_set_item(spank, S_JOB_ARGV, 1, argv);
}

static int is_codes(int ac, char *av[])
{
	return ac > 0 && strcmp(av[0], "codes") == 0;
}

int slurm_spank_init(spank_t spank, int ac, char *av[])
{
	if (is_codes(ac, av) && spank_context() == S_CTX_LOCAL)
		setenv("TRY_SRUN", spank_strerror(try_to_set(spank)), 1);
	return 0;
}

int slurm_spank_user_init(spank_t spank, int ac, char *av[])
{
	if (is_codes(ac, av))
		note(spank, "TRY_USER_INIT", try_to_set(spank));
	return 0;
}

int slurm_spank_task_init_privileged(spank_t spank, int ac, char *av[])
{
	if (is_codes(ac, av))
		note(spank, "TRY_PRIVILEGED", try_to_set(spank));
	return 0;
}

int slurm_spank_task_init(spank_t spank, int ac, char *av[])
{
	spank_err_t rc = ESPANK_BAD_ARG;

	if (ac == 2 && strcmp(av[0], "first") == 0)
		rc = first(spank, atoi(av[1]));
	else if (ac == 1 && strcmp(av[0], "bytes") == 0)
		rc = bytes(spank);
	else if (ac == 2 && strcmp(av[0], "many") == 0)
		rc = many(spank, atoi(av[1]));
	else if (ac > 1 && strcmp(av[0], "prepend") == 0)
		rc = prepend(spank, ac - 1, av + 1);
	else if (is_codes(ac, av)) {
		codes(spank);
		rc = ESPANK_SUCCESS;
	}
	if (rc != ESPANK_SUCCESS)
		slurm_error("try: %s", spank_strerror(rc));
	return rc == ESPANK_SUCCESS ? 0 : -1;
}
