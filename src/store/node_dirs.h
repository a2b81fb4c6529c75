/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * node_dirs.h - directories that a job uses in /tmp and /var/tmp, which every node has
 * for itself: made on the node where the job goes on, as they were.
 */
#ifndef STORE_NODE_DIRS_H
#define STORE_NODE_DIRS_H

#include <stdbool.h>

#include "store/manifest.h"

/* Attribute: "MODE PATH" for each, a line each, the upper ones first. */
#define NODE_DIRS "node-directories"

/* Is the path below a directory that every node has for itself? */
bool node_dirs_hold(const char *path);

/*
 * Note the directories on the way to a path; and the path itself, if it is one. Paths
 * with line breaks are left out. -1 without memory.
 */
int node_dirs_note(struct manifest *m, const char *path);

/* Has it been noted? */
bool node_dirs_noted(const struct manifest *m, const char *path);

/* Make those that are missing. -1 if one of them is a stranger's on this node. */
int node_dirs_make(const struct manifest *m, struct error *e);

#endif
