/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pasta.h - the program pasta(1), by which a job in a network of its own reaches what its
 * node reaches.
 */
#ifndef ENGINE_PASTA_H
#define ENGINE_PASTA_H

#include "base/error.h"
#include "engine/sandbox.h"

/* Path of the program, owned by the caller; NULL: there is none on this node. */
char *pasta_find(void);

/*
 * Connect a sandbox's own network to the node's. pasta runs as the user, is none of the
 * job's processes, and ends with the sandbox. -1 and why the job has only its loopback.
 */
int pasta_start(const struct sandbox *sb, struct error *e);

#endif
