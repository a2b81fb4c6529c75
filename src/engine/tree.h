/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tree.h - a job's processes, as /proc shows them, inside its namespaces if it has any.
 */
#ifndef ENGINE_TREE_H
#define ENGINE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"
#include "engine/sandbox.h"

struct tree {
	int proc;    /* /proc inside */
	pid_t *pids; /* of the root and all below it, and of who else is in an open
			sandbox */
	size_t count;
	pid_t highest; /* highest number in use as a pid, thread, group or session id */
};

/* Read it; tree_free() when done. */
int tree_read(struct tree *tree, const struct sandbox *sb, struct error *e);

/*
 * Call visit for every descriptor of a regular file that a process has open for
 * writing and that still has a name. fd is opened for reading, or for writing
 * where the user may not read the file.
 */
int tree_visit_outputs(const struct tree *tree,
		       int (*visit)(void *arg, const char *path, int fd, struct error *e),
		       void *arg, struct error *e);

/* Does a process hold a TCP connection? Then one sentence in e. */
bool tree_has_connection(const struct tree *tree, struct error *e);

void tree_free(struct tree *tree);

#endif
