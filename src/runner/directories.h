/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * directories.h - where the job finds the directories of this node that are its own.
 *
 * It has to see them at the same path on every node, since it may hold files there open.
 * An engine with a mount namespace mounts them on directories of the job's folder.
 * Without one the job's TMPDIR is that directory of the folder itself, and the directory
 * by which it speaks with the runner, where no file stays open, a symbolic link there;
 * and it has the node's /dev/shm, of which nothing is saved.
 */
#ifndef RUNNER_DIRECTORIES_H
#define RUNNER_DIRECTORIES_H

#include "engine/engine.h"

#define DIRECTORIES_SHM "/dev/shm" /* where the job looks for shared memory */

/*
 * Where the path of its folder is so long that those of sockets in TMPDIR would be too
 * long, the job has TMPDIR at CHECKPOINT_SHORT_TMPDIR as well (base/protocol.h). Before
 * directories_place().
 */
#define DIRECTORIES_SHORT_NAME ".tmp" /* of that, in DIRECTORIES_SHM */
void directories_shorten_tmpdir(struct engine_job *job);

/* The same of the programs that an srun of the job's own needs there (own_srun.h). */
#define DIRECTORIES_SRUN_NAME	  ".srun" /* CHECKPOINT_SLURMS_SRUN */
#define DIRECTORIES_OWN_SRUN_NAME ".srun-job"

/* What TMPDIR is to be, after directories_place(); NULL if it is none of ours. */
const char *directories_tmpdir(const struct engine_job *job);

/* Whoever has the job go on from this generation has to have it there, too. */
int directories_describe(const struct engine_job *job, struct manifest *m,
			 struct error *e);

/* Before the engine starts or restores the job: sets job->mounts from job->local. */
int directories_place(struct engine_job *job, const struct engine *engine,
		      struct error *e);

/* New, empty directories in place of those of ours that go with the job. */
int directories_empty(const struct engine_job *job, struct error *e);

/* Archive, in the generation, what is in them, while the job stands. */
int directories_save(const struct engine_job *job, struct generation *gen,
		     struct error *e);

/* Empty them, and put back what is archived. */
int directories_put_back(const struct engine_job *job, const struct generation *gen,
			 struct error *e);

/* The same, of a job that runs, when the folder was removed and is there again. */
int directories_make_again(const struct engine_job *job, const struct engine *engine,
			   struct error *e);

#endif
