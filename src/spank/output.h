/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * output.h - let the job's output files survive that the job is queued again.
 *
 * Slurm opens them anew each time the job starts, and unless it is told to
 * append it truncates them: what the job wrote before its checkpoint would be
 * gone. So sbatch is told to append, and where the user would have had the files
 * truncated that is done when the job starts from its beginning, and then only.
 */
#ifndef SPANK_OUTPUT_H
#define SPANK_OUTPUT_H

#include <slurm/spank.h>
#include <stdbool.h>

/* Slurm's count of restarts, in the environment of a job that was started again. */
#define RESTART_COUNT "SLURM_RESTART_COUNT"

/* In sbatch: append. -1 where this sbatch does not let a plugin say so. */
int output_keep(spank_t spank);

/* In the batch task: was the job submitted with output_keep()? */
bool output_is_kept(spank_t spank);

/*
 * In the batch task, as the job's user: forget about output_keep(), and truncate
 * the files if the job starts from its beginning. Whose wish it is that Slurm appends
 * when it starts the job again, a value of CHECKPOINT_ENV_APPEND; NULL: it may not.
 */
const char *output_begin(spank_t spank, bool from_beginning);

#endif
