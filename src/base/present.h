/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * present.h - what Slurm tells a job about where it runs, as it is now.
 *
 * Slurm tells it by variables of the environment, and those of programs that continue
 * from a checkpoint stay as they were when the programs were started. So at each start
 * the runner writes the new ones into a file in the directory by which the job speaks
 * with it (control.h), from where the job's srun and "scheckpoint env" take them.
 */
#ifndef BASE_PRESENT_H
#define BASE_PRESENT_H

#include <stddef.h>

#include "base/error.h"

#define PRESENT_FILE "env"

/* A file for mpirun of OpenMPI beside it: this node, and how many tasks it may start. */
#define PRESENT_HOSTS "hosts"

/* The variables' names, up to NULL. */
extern const char *const present_variables[];

/* What TMPDIR would be without us, for jobs that this one submits. */
#define PRESENT_TMPDIR "TMPDIR"

/* Where Slurm's configuration is, which it tells tasks also where their script unset it. */
#define PRESENT_CONF "SLURM_CONF"

/* Write these, so far as they are in an environment, to the files in a directory. */
int present_write(const char *dir, char *const *environment, struct error *e);

/*
 * What the runner of the job in which we are has written: NAME=VALUE, each ended by a
 * zero byte, size bytes in all, owned by the caller. NULL where this is no checkpointed
 * job, or its runner writes no such file.
 */
char *present_read(size_t *size, struct error *e);

/* In our environment: the variables of such a text, and none of those that it lacks. */
void present_apply(const char *text, size_t size);

/* The value of a variable in such a text, or NULL. */
const char *present_find(const char *text, size_t size, const char *name);

#endif
