/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * join.h - in a step's task, as the job's user: see the directories of the job's own that
 * its script sees, which are TMPDIR, /dev/shm and the one by which it speaks with the
 * runner. They are mounts in the job's mount namespace.
 *
 * The task does not enter the job's pid namespace, since it is a child of slurmstepd's
 * and is not saved with the job. So it gets a copy of the mounts, without the job's /proc
 * and terminals.
 */
#ifndef SPANK_JOIN_H
#define SPANK_JOIN_H

/*
 * Where the environment names the job (CHECKPOINT_ENV_STEP_OF), which is taken out. If
 * the job is not there any more, or has no namespaces, nothing is changed.
 */
void join_job(void);

#endif
