/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shared_copy.h - memory that processes share without a file, as mmap(2) with MAP_SHARED
 * and MAP_ANONYMOUS makes it.
 *
 * Without privilege CRIU cannot map such memory itself. It reads one such region after
 * the other, whole, into memory of its own (criu/shmem.c, dump_one_shmem()), which counts
 * against the job's limit; and what the job has not touched yet is made by being read. So
 * a job with much of it would be killed for its memory while it is saved.
 */
#ifndef ENGINE_CRIU_SHARED_COPY_H
#define ENGINE_CRIU_SHARED_COPY_H

#include "engine/tree.h"

/* Is there room for it? One sentence if not: -1. */
int shared_copy_check(const struct tree *tree, struct error *e);

#endif
