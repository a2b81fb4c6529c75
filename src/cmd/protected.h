/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * protected.h - does a running job have a runner that hears requests?
 */
#ifndef CMD_PROTECTED_H
#define CMD_PROTECTED_H

#include "slurm/jobs.h"
#include "store/folder.h"

/*
 * Open the folder of a running job. -1 and one sentence if it has no runner, or one of a
 * version that does not know the request: the job would be ended by the
 * signal. To be called as the job's user (base/identity.h);
 * folder_close() in any case.
 */
int protected_open(struct folder *folder, const char *dir, const char *cluster,
		   const struct job_entry *job, const char *name, int signum,
		   struct error *e);

/* May a job leave its node, since Slurm would queue it again? If not, why. */
int protected_may_leave(const struct job_entry *job, struct error *e);

#endif
