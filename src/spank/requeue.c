// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "spank/requeue.h"

#include <slurm/spank.h>
#include <string.h>

#include "spank/sbatch.h"

/* Slurm has one value for --requeue and --no-requeue, told as one of these or "unset".
 */
static bool is_refused(void)
{
	/* Slurm's memory, of a few bytes; sbatch is about to end */
	const char *value = slurm_option_get(opt, "no-requeue");

	return value && strcmp(value, "no-requeue") == 0;
}

int requeue_allow(void)
{
	if (is_refused())
		slurm_info("checkpoint: --no-requeue is set aside, since a job that was "
			   "saved continues by being requeued; a job that must never be "
			   "requeued needs --no-checkpoint");
	return slurm_option_set(opt, "requeue", "", false) == 0 ? 0 : -1;
}
