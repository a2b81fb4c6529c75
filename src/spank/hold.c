// SPDX-License-Identifier: GPL-2.0-or-later
#include "spank/hold.h"

#include <slurm/slurm.h>

/*
 * slurmstepd is linked with the library that has it, and the plugin with none. Weak,
 * since one that is linked statically may be without.
 */
#if SLURM_VERSION_NUMBER >= SLURM_VERSION_NUM(26, 5, 0)
extern int slurm_requeue(slurm_step_id_t job, uint32_t flags) __attribute__((weak));

static slurm_step_id_t key(uint32_t job)
{
	slurm_step_id_t id = SLURM_STEP_ID_INITIALIZER;

	id.job_id = job;
	return id;
}
#else
extern int slurm_requeue(uint32_t job, uint32_t flags) __attribute__((weak));

static uint32_t key(uint32_t job)
{
	return job;
}
#endif

int hold_job(uint32_t job)
{
	if (!slurm_requeue)
		return -1;
	return slurm_requeue(key(job), JOB_REQUEUE_HOLD) == SLURM_SUCCESS ? 0 : -1;
}
