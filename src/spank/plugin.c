// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * plugin.c - checkpoint.so, loaded by Slurm through plugstack.conf.
 *
 * Sends each of Slurm's calls to the file that is about that program: submit.c
 * for sbatch, takeover.c for slurmstepd, where other plugins find item.c. Other
 * programs load it, too, and find nothing to do. slurmd and slurmstepd call all but
 * slurm_spank_task_init as root, so there is nothing for them in these but a look at
 * plugstack.conf.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>

/* Slurm looks these up, in a plugin whose other names are hidden. */
#pragma GCC visibility push(default)
#include <slurm/spank.h>
SPANK_PLUGIN(checkpoint, 1)
#pragma GCC visibility pop

#include "spank/item.h"
#include "spank/moved.h"
#include "spank/options.h"
#include "spank/parent_job.h"
#include "spank/settings.h"
#include "spank/step.h"
#include "spank/submit.h"
#include "spank/takeover.h"

/* What sbatch was given; Slurm's callbacks have no argument to carry it in. */
static struct options options;

static int take_option(int id, const char *arg, int remote)
{
	(void)remote;
	return options_set(&options, (enum option_id)id, arg);
}

static void register_options(spank_t spank)
{
	for (enum option_id id = 0; id < OPTION_COUNT; id++) {
		const struct option_info *info = &option_table[id];
		struct spank_option option = {
			.name = (char *)info->name, /* Slurm copies the strings */
			.arginfo = (char *)info->arginfo,
			.usage = (char *)info->usage,
			.has_arg = info->has_arg,
			.val = (int)id,
			.cb = take_option,
		};

		if (spank_option_register(spank, &option) != ESPANK_SUCCESS)
			slurm_error("checkpoint: Slurm does not take the option --%s",
				    info->name);
	}
}

/* salloc is the other allocator, and has no batch task. */
static bool is_sbatch(void)
{
	return spank_context() == S_CTX_ALLOCATOR &&
	       strcmp(program_invocation_short_name, "sbatch") == 0;
}

/* In a program that is to start steps; slurmstepd has another context. */
static bool is_srun(void)
{
	return spank_context() == S_CTX_LOCAL;
}

/* What is wrong with them stands in slurmd's log when it starts, not in every job's. */
static void take_settings(int argc, char *argv[])
{
	struct settings settings;
	struct error e;

	if (settings_parse(argc, argv, &settings, &e) < 0 &&
	    spank_context() == S_CTX_SLURMD)
		slurm_error("%s", e.text);
	item_init(&settings);
}

int slurm_spank_init(spank_t spank, int argc, char *argv[])
{
	if (is_sbatch()) {
		register_options(spank);
		submit_read_environment();
		parent_job_drop();
	}
	if (is_srun())
		moved_take_over();
	take_settings(argc, argv);
	return ESPANK_SUCCESS;
}

int slurm_spank_init_post_opt(spank_t spank, int argc, char *argv[])
{
	struct settings settings;

	settings_parse(argc, argv, &settings, NULL);
	if (is_sbatch())
		submit_prepare(spank, &settings, &options);
	if (is_srun())
		moved_correct_nodelist();
	return ESPANK_SUCCESS;
}

int slurm_spank_task_init(spank_t spank, int argc, char *argv[])
{
	struct settings settings;

	settings_parse(argc, argv, &settings, NULL);
	if (spank_context() == S_CTX_REMOTE) {
		takeover(spank, &settings);
		step_follow(spank, &settings);
	}
	return ESPANK_SUCCESS;
}

int slurm_spank_exit(spank_t spank, int argc, char *argv[])
{
	(void)spank;
	(void)argc;
	(void)argv;
	options_free(&options);
	return ESPANK_SUCCESS;
}
