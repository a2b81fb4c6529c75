// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pmix_none.c - in the place of pmix.c, where the headers of OpenPMIx were not there when
 * this was built: steps with --mpi=pmix are Slurm's.
 */
#include "step/pmix.h"

#include <stddef.h>

int pmix_load(struct error *e)
{
	return error_set(e, "slurm-checkpoint was built without PMIx");
}

int pmix_start(const struct pmix_step *step, struct error *e)
{
	(void)step;
	return pmix_load(e);
}

char **pmix_add_task(long task, struct error *e)
{
	(void)task;
	(void)pmix_load(e);
	return NULL;
}

int pmix_descriptor(void)
{
	return -1;
}

long pmix_connected(void)
{
	return 0;
}

void pmix_stop(void)
{
}
