/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lock.h - one runner at a time on a job's folder, on whichever nodes they are.
 *
 * Slurm may start a job while a former start of it still runs: a slurmctld that was
 * killed has forgotten the last seconds, and a node that it gave up may be alive. The
 * lock is held by all processes of the runner's that keep the job, so that it is free
 * when the last process of the job has gone, whatever became of the runner.
 *
 * It is flock(2)'s, which network file systems carry to their servers (NFS since Linux
 * 2.6.12, Lustre with -o flock) and give back when a node that is dead has lost its
 * lease.
 */
#ifndef STORE_LOCK_H
#define STORE_LOCK_H

#include "base/error.h"
#include "store/folder.h"

#define FOLDER_LOCK "lock"

enum lock_outcome {
	LOCK_OURS,
	LOCK_BUSY,	/* it is another's */
	LOCK_CANCELLED, /* cancel_fd has become readable */
	LOCK_FAILED,	/* e says why */
};

/* Take the lock if it is free. fd is for it, or -1 where the file system has no locks. */
enum lock_outcome lock_try(const struct folder *folder, int *fd, struct error *e);

/*
 * Wait for it so many seconds at most. fd is lock_try()'s. All signals are blocked in the
 * caller.
 */
enum lock_outcome lock_wait(int fd, int cancel_fd, unsigned int seconds, struct error *e);

#endif
