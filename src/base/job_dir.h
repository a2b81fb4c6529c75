/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * job_dir.h - where a job's checkpoints are: DIR/<cluster>/<jobid>. The plugin has
 * to know it before the runner makes the folder (store/folder.h), and as the same.
 */
#ifndef BASE_JOB_DIR_H
#define BASE_JOB_DIR_H

#include "base/error.h"

/* The user that we are, by name, or by number without one. Owned by the caller. */
char *job_dir_user(void);

/* A cluster as a directory: its name, or "cluster" where that can be none. */
const char *job_dir_cluster(const char *name);

/*
 * The path, of a directory pattern (conf.h), and a cluster as above. Owned by the
 * caller; NULL on failure.
 */
char *job_dir(const char *pattern, const char *user, const char *cluster,
	      unsigned int job, struct error *e);

#endif
