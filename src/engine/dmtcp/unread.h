/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unread.h - what was written to a pipe, and not read yet, by somebody who has ended.
 *
 * A pipe of a job under DMTCP is a pair of local sockets. For a checkpoint DMTCP reads
 * them empty. One whose other end is closed already it replaces by a new one, into which
 * it writes what it has read; but in one process alone, and if the job then goes on, and
 * is not restored, others that have the same end of the pipe still have the old one, and
 * read nothing.
 */
#ifndef ENGINE_DMTCP_UNREAD_H
#define ENGINE_DMTCP_UNREAD_H

#include "engine/tree.h"

/*
 * While the job stands: may there be any such, that more than one process could read? 1
 * or 0; -1 and one sentence if that cannot be told.
 */
int unread_is_shared(const struct tree *tree, struct error *e);

#endif
