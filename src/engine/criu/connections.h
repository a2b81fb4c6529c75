/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * connections.h - the TCP connections of a job, and whether they can be saved.
 */
#ifndef ENGINE_CRIU_CONNECTIONS_H
#define ENGINE_CRIU_CONNECTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "engine/tree.h"

enum connections {
	CONNECTIONS_ALL,      /* any */
	CONNECTIONS_OUTSIDE,  /* in a network of the job's own: those that leave it */
	CONNECTIONS_OF_STEPS, /* of srun, which cannot do without them */
};

/* Does a process of the tree hold one of these? Then one sentence in e. */
bool connections_held(const struct tree *tree, enum connections which, struct error *e);

/*
 * In a network of the job's own: is there a connection which nobody holds any more, of
 * which something is still to be read at its other end? It would be lost, since criu
 * saves what processes hold. Then one sentence in e.
 */
bool connections_unread(const struct tree *tree, struct error *e);

/* With which the names of criu's images of connections begin. */
#define CONNECTIONS_IMAGES "tcp-stream-"

/* -1 and a sentence if criu could not restore what such an image has: unsent data. */
int connections_check_image(const void *data, size_t size, struct error *e);

#endif
