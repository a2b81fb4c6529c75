/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * handed.h - descriptors that a job got from Slurm and that could not be opened by name
 * in its namespaces (descriptors.h): a pipe, a terminal of the node's, a file that was
 * removed. CRIU is told that they are not the job's own, and when the job goes on it is
 * given those of the new start in their places, by number.
 */
#ifndef ENGINE_CRIU_HANDED_H
#define ENGINE_CRIU_HANDED_H

#include "base/argv.h"
#include "engine/tree.h"
#include "store/manifest.h"

/* "FD=KEY FD=KEY ...", in CRIU's words. */
#define CRIU_ATTR_HANDED "criu-handed"

/*
 * Could criu restore what the job still holds of them? It opens pipes and terminals anew,
 * and those of another user are refused there.
 */
int handed_check(const struct tree *tree, struct error *e);

/*
 * Before a dump, in a process that has what Slurm gave the job: criu's options, and the
 * attribute.
 */
int handed_dump(struct argv *argv, struct manifest *m, struct error *e);

/*
 * Before a restore: criu's options, and descriptors for criu to inherit, which
 * handed_close() closes. One that this start of the job has not got is an error.
 */
struct handed {
	int *fds; /* ended by -1 */
};

int handed_restore(struct handed *handed, struct argv *argv, const struct manifest *m,
		   struct error *e);

/* One more, which criu knows by this key: a copy of fd. -1 and errno. */
int handed_add(struct handed *handed, struct argv *argv, int fd, const char *key);

void handed_close(struct handed *handed);

#endif
