/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * moved.h - in srun, called by a job that continues from a checkpoint: what Slurm tells
 * of the allocation in the environment is of the node on which the caller was started.
 */
#ifndef SPANK_MOVED_H
#define SPANK_MOVED_H

/* Before srun reads its environment: put the present values there (base/present.h). */
void moved_take_over(void);

/* After srun has read its options: --nodelist=$SLURM_JOB_NODELIST means the present ones.
 */
void moved_correct_nodelist(void);

#endif
