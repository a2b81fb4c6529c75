/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * relink.h - a name for shared memory that has none any more.
 *
 * Without privilege criu finds a mapped file by its name alone. Python's locks and
 * queues are files in /dev/shm whose names are removed while they are mapped, and no
 * system call gives a file its name back when it has lost the last one. So while all
 * processes that have it mapped, or open, are stopped, a new file with the same content
 * takes its place in each of them, by calls that they are made to make (remote.h). It is
 * the same memory to them, at the same addresses. The new file has a name, and keeps it:
 * it is removed when nobody uses it any more, the next time that a name is missing.
 *
 * It is refused if one of them has the file open at a position, since who shares that
 * with whom would be lost.
 */
#ifndef ENGINE_CRIU_RELINK_H
#define ENGINE_CRIU_RELINK_H

#include "base/error.h"
#include "engine/sandbox.h"

/*
 * For the processes below sb->root. dir is a directory by the path that they know it by,
 * and where the caller finds it, too. On failure nothing has changed for them.
 */
int relink_nameless(const struct sandbox *sb, const char *dir, struct error *e);

#endif
