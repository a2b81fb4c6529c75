/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shm.h - files of the job's /dev/shm that are mapped by a name which they no longer
 * have.
 *
 * sem_open(3) makes a semaphore under one name, maps it, gives it the other and removes
 * the first. Without privilege criu finds a mapped file by its name alone, and the kernel
 * calls such a one "/dev/shm/sem.IOrPsh (deleted)".
 */
#ifndef ENGINE_CRIU_SHM_H
#define ENGINE_CRIU_SHM_H

#include "engine/tree.h"

/*
 * Give every one of them that still has another name in dir, where the job's /dev/shm is
 * on this node, the name by which criu will look for it. It stays there, and goes with
 * the job, which then has the file mapped by it. What fails here criu will tell of.
 */
void shm_name_mapped(const struct tree *tree, const char *dir);

#endif
