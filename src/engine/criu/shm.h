/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shm.h - names for what the job's processes share in memory by files, such as those of
 * /dev/shm, and have mapped by a name which these no longer have.
 *
 * sem_open(3) makes a semaphore under one name, maps it, gives it the other and removes
 * the first. Without privilege criu finds a mapped file by its name alone, and the kernel
 * calls such a one "/dev/shm/sem.IOrPsh (deleted)".
 */
#ifndef ENGINE_CRIU_SHM_H
#define ENGINE_CRIU_SHM_H

#include <stdbool.h>

#include "engine/criu/mapping.h"
#include "engine/sandbox.h"
#include "engine/tree.h"

/*
 * Is it a file of the directory that the job knows as known_as, and the caller as dir,
 * and is it mapped by a name that it has no more, and has no other? If it has another it
 * is given the one by which criu will look for it. That stays there, and goes with the
 * job, which then has the file mapped by it.
 */
bool shm_is_nameless(const struct mapping *m, const char *known_as, const char *dir);

/*
 * See to it that criu finds all of them: to those that have no name at all one is given
 * by relink.h. dir is where the job's /dev/shm is on this node.
 */
int shm_name_mapped(const struct tree *tree, const struct sandbox *sb, const char *dir,
		    struct error *e);

/*
 * Has a process mapped memory of memfd_create(2) that somebody has a descriptor of, too?
 * Without privilege CRIU sees just the one or the other: after a restore they would be
 * two. One sentence if so: -1.
 */
int shm_check_memfd(const struct tree *tree, struct error *e);

#endif
