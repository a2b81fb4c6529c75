/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * requeue.h - a job that is to go on after it was saved has to be requeued for that.
 */
#ifndef SPANK_REQUEUE_H
#define SPANK_REQUEUE_H

/*
 * In sbatch: have Slurm requeue the job, whatever --no-requeue, SBATCH_NO_REQUEUE or the
 * site's JobRequeue say; what the user had asked for is told. -1 if it cannot be set.
 */
int requeue_allow(void);

#endif
