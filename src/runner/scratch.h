/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scratch.h - the job's directory on this node: DIR/slurm-checkpoint-<jobid>-XXXXXX.
 *
 *	tmp/	becomes the job's TMPDIR
 *	run/	sockets and logs of the engine
 *	control/	by which the job speaks with the runner (base/control.h)
 *
 * And another of that name in /dev/shm, in memory: what is in its shm/ becomes the job's
 * /dev/shm.
 */
#ifndef RUNNER_SCRATCH_H
#define RUNNER_SCRATCH_H

#include "base/error.h"
#include "runner/task.h"

struct scratch {
	int fd; /* open and locked */
	char *path;
	char *tmp;
	char *run;
	char *control;
	int shm_fd; /* open and locked; -1: there is none */
	char *shm_path;
	char *shm;
};

/*
 * In TmpDir of checkpoint.conf, else $TMPDIR, else /tmp; on a node without a /dev/shm in
 * which users may write there is none of the job's own. Those that the user's runners
 * left there when they were killed are removed: they are locked as long as somebody of
 * theirs lives.
 */
int scratch_make(struct scratch *scratch, const struct task *task, struct error *e);

/* Remove it with all that the job left there. */
void scratch_remove(struct scratch *scratch);

#endif
