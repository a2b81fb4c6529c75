/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * directories.h - where the job finds the directories of this node that are its own.
 *
 * It has to see them at the same path on every node, since it may hold files there open.
 * An engine with a mount namespace mounts them on directories of the job's folder.
 * Without one the job's TMPDIR is that directory of the folder itself, and the directory
 * by which it speaks with the runner, where no file stays open, a symbolic link there.
 */
#ifndef RUNNER_DIRECTORIES_H
#define RUNNER_DIRECTORIES_H

#include "engine/engine.h"

/* Before the engine starts or restores the job: sets job->mounts from job->local. */
int directories_place(struct engine_job *job, const struct engine *engine,
		      struct error *e);

/* A new, empty TMPDIR in place of what is there, if the job has one of ours. */
int directories_empty_tmpdir(const struct engine_job *job, struct error *e);

#endif
