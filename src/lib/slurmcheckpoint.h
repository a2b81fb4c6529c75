/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slurmcheckpoint.h - checkpoints at the program's own choice of moment.
 *
 * For programs in jobs that were submitted with "sbatch --checkpoint". In any other
 * surroundings the functions fail with ENOTSUP and do nothing, so that a program need
 * not know whether it is protected. Link with -lslurmcheckpoint (pkg-config name:
 * slurmcheckpoint); it needs the C library alone, and may be called from any thread.
 */
#ifndef SLURMCHECKPOINT_H
#define SLURMCHECKPOINT_H

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/*
 * Have the whole job saved, and wait for it. The job goes on; and if it is later started
 * from this checkpoint it goes on from here once more.
 *
 * Returns 0 when it has been saved, 1 when it has been restarted from here, and -1 with
 * errno: ENOTSUP without protection, EBUSY between checkpoint_disable() and
 * checkpoint_enable(), EIO if it was refused or failed (checkpoint_error()).
 */
int checkpoint_now(void);

/*
 * The section between these is not to be saved: a checkpoint that is asked for
 * meanwhile, by whomever, waits for its end. Calls nest, and threads count together. A
 * process that ends has left its section; a child begins outside of it. Not longer than
 * it must be: a job that Slurm preempts has its GraceTime, and no more, to be saved.
 *
 * checkpoint_disable() waits for a checkpoint that is being taken. Both return 0, or -1
 * with errno: ENOTSUP without protection, EINVAL for one enable too many.
 */
int checkpoint_disable(void);
int checkpoint_enable(void);

/* How often has the job gone on from a checkpoint? -1 with ENOTSUP without protection. */
int checkpoint_restarted(void);

/*
 * The value of one of the variables by which Slurm tells the job where it runs, such as
 * SLURM_JOB_NODELIST, as it is now: getenv() has that of the program's start. Owned by
 * the caller. NULL with errno: ENOTSUP without protection, ENOENT if there is none.
 */
char *checkpoint_getenv(const char *name);

/* Why the calling thread's last checkpoint_now() failed with EIO: one sentence. */
const char *checkpoint_error(void);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
