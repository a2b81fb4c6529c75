/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * submission.h - what the job was submitted as, kept so that it can be submitted again
 * when Slurm has forgotten it: "scheckpoint restart".
 */
#ifndef RUNNER_SUBMISSION_H
#define RUNNER_SUBMISSION_H

#include "runner/task.h"
#include "store/folder.h"

/*
 * Write FOLDER_OPTIONS and FOLDER_ENVIRONMENT, unless they are there. That slurmctld
 * does not answer now is no failure.
 */
int submission_save(const struct folder *folder, const struct task *task,
		    struct error *e);

#endif
