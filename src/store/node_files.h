/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * node_files.h - files in /etc that a program was reading when its job was saved, and that
 * differ from node to node: /etc/ld.so.cache, which is mapped while any program starts.
 *
 * They go along with a generation, so that what was read half can be read to its end.
 */
#ifndef STORE_NODE_FILES_H
#define STORE_NODE_FILES_H

#include <stdbool.h>
#include <sys/types.h>

#include "store/generation.h"

/* Attribute: "MODE NAME PATH" for each, a line each; NAME is of its copy. */
#define NODE_FILES "node-files"

/* Is it where such files are? */
bool node_files_hold(const char *path);

/*
 * Keep what is in a file at path, open as fd. One that is large or cannot be read is left
 * out, and the job can continue only where it is the same.
 */
int node_files_record(struct generation *gen, const char *path, int fd, struct error *e);

/* Has it been kept? */
bool node_files_has(const struct manifest *m, const char *path);

struct node_file {
	const char *name, *path;
	mode_t mode;
};

/* Call fn for each, until it returns -1. */
int node_files_each(const struct manifest *m,
		    int (*fn)(void *arg, const struct node_file *file, struct error *e),
		    void *arg, struct error *e);

#endif
