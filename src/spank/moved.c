// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "spank/moved.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/present.h"
#include "base/protocol.h"
#include "spank/sbatch.h"

#define NODELIST "SLURM_JOB_NODELIST"

/* The value that the caller has, if it is not the present one; owned here. */
static char *stale_nodelist;

/* Of the job itself, and not of an allocation that was made in it. */
static bool is_of_this_job(void)
{
	const char *dir = getenv(CHECKPOINT_ENV_IMAGE_DIR);
	const char *job = getenv("SLURM_JOB_ID");
	const char *slash = dir ? strrchr(dir, '/') : NULL;

	return slash && job && !strcmp(slash + 1, job);
}

void moved_take_over(void)
{
	size_t size;
	cleanup_free char *text = is_of_this_job() ? present_read(&size, NULL) : NULL;
	const char *before = getenv(NODELIST);
	const char *now = text ? present_find(text, size, NODELIST) : NULL;

	if (!text)
		return;
	if (before && now && strcmp(before, now) != 0 && !stale_nodelist)
		stale_nodelist = strdup(before);
	present_apply(text, size);
}

void moved_correct_nodelist(void)
{
	const char *now = getenv(NODELIST), *given;

	if (!stale_nodelist || !now || !sbatch_can_set() ||
	    !slurm_option_isset(opt, "nodelist"))
		return;
	/* Slurm's memory, of a few bytes; srun will not need it */
	given = slurm_option_get(opt, "nodelist");
	if (given && !strcmp(given, stale_nodelist))
		(void)slurm_option_set(opt, "nodelist", now, false);
}
