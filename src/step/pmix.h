/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pmix.h - a server of PMIx, by which tasks of OpenMPI find each other, for the tasks of a
 * step on one node: OpenPMIx's library does the work, in threads of its own.
 *
 * The library is opened when a step asks for it, since most steps do without it, and it
 * is four times as long in starting as all else of a step. Its releases, and those that the
 * tasks are linked with, may differ. What a server is to provide is said in the PMIx
 * Standard 4.1, and in openpmix/docs; what a step is told is as with Slurm's mpi/pmix.
 *
 * The server listens to TCP, so a job in the node's network cannot be saved while such
 * a step runs.
 *
 * There is one a process. pmix_none.c stands in where the library's headers were missing.
 */
#ifndef STEP_PMIX_H
#define STEP_PMIX_H

#include <stdbool.h>

#include "base/error.h"

/* What the tasks are told of their step. */
struct pmix_step {
	const char *name; /* 12.0 */
	const char *node;
	long ntasks;
};

/* Is there a library that we can use? It stays open. -1 and one sentence. */
int pmix_load(struct error *e);

/* Begin to serve, once pmix_load() was successful. -1 and one sentence. */
int pmix_start(const struct pmix_step *step, struct error *e);

/* Let a task be one. What is to be in its environment, up to NULL; or NULL and a sentence. */
char **pmix_add_task(long task, struct error *e);

/* Can be read when a task wants the step to be aborted; -1: there is no server. */
int pmix_descriptor(void);

/* How many tasks have connected. */
long pmix_connected(void);

/* All tasks have ended. */
void pmix_stop(void);

#endif
