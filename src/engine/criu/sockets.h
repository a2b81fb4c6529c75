/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sockets.h - keep criu's own sockets out of other users' reach.
 *
 * criu gives them abstract names, which every user in the same network namespace sees in
 * /proc/net/unix and may connect or send to; and it asks nobody for credentials. A library
 * that is preloaded into criu alone (sockets_preload.c) turns the names into pathnames in a
 * directory which only the job's user can search: a file system in memory, mounted for each
 * run of criu in the job's mount namespace.
 */
#ifndef ENGINE_CRIU_SOCKETS_H
#define ENGINE_CRIU_SOCKETS_H

#include "base/argv.h"
#include "base/error.h"

/* The library's environment: the directory, absolute and at most SOCKETS_DIR_MAX bytes. */
#define SOCKETS_ENV_DIR "SLURM_CHECKPOINT_CRIU_SOCKETS"

/*
 * criu's names are of 44 bytes and more, and the new ones must not be longer, since criu
 * tells the length apart (criu/cr-dump.c, criu/parasite-syscall.c of CRIU 4.1 and 4.2).
 */
#define SOCKETS_DIR_MAX 39

/* The library makes this file in the directory when it has been loaded. */
#define SOCKETS_MARK "loaded"

/*
 * The directory for a run of criu inside a job: one of /proc, if the kernel has it, on
 * which sockets_mount() mounts a file system; or scratch, the user's own on this node.
 * NULL, and one sentence, if that has too long a name.
 */
const char *sockets_dir(const char *scratch, struct error *e);

/* Add to criu's environment what has the library loaded, with this directory. */
void sockets_environment(struct argv *envp, const char *dir);

/*
 * In the process inside that is to become criu, with the namespace's capabilities: mount
 * what is to be mounted on sockets_dir(), in place of what an earlier run has left there.
 * -1 and errno.
 */
int sockets_mount(void);

/*
 * Is the library loaded when this user runs this criu? ld.so leaves it out without a word
 * where the program has file capabilities, or another C library. One sentence if it is
 * not. scratch is a directory for the trial, NULL for /tmp. What has been found to be well
 * is not tried again in this process.
 */
int sockets_check(const char *program, const char *scratch, struct error *e);

#endif
