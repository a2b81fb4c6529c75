/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * store.h - the one way into the directory in which a user's folders are: DIR/<cluster>.
 *
 * Whoever reads, writes or removes goes this way, from the root of the file system down,
 * and each directory on it is looked at. It belongs to root or to the user whose
 * checkpoints they are, and only they can write to it. One that stands in the fixed part
 * of the pattern, before its first "%", may also be sticky and root's, as /tmp is: then
 * the one below it cannot be exchanged by others. So nobody else can change what a path
 * in the store leads to, neither before nor while it is used.
 *
 * Symbolic links are followed in the fixed part alone, and only those of root's or the
 * user's.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

struct store {
	int fd;	       /* of DIR/<cluster>, to be read */
	char *path;    /* the same, as the pattern has it */
	uid_t user;    /* whose */
	char *pattern; /* of DIR (base/conf.h) */
	char *name;    /* of the user */
	char *cluster;
};

enum store_use {
	STORE_READ,
	STORE_MAKE, /* what is missing of what the "%" stand for, and the cluster's */
};

/*
 * Open the store of a user for a job; only a pattern with %j asks for its number. -1 if
 * it cannot be, errno as far as it is the system's: ENOENT where there is none,
 * ENODEV where not even the fixed part is there, and EPERM
 * where a stranger could have changed it; the sentence names the directory, its owner and
 * what is to be done. store_close() in any case.
 */
int store_open(struct store *store, const char *pattern, const char *user,
	       const char *cluster, unsigned int job, enum store_use use,
	       struct error *e);
void store_close(struct store *store);

/*
 * Open the folder of that name in it, and no link: it is the user's, or root's. errno as
 * above.
 */
int store_enter(const struct store *store, const char *name, enum store_use use,
		struct error *e);

/*
 * Could the user's checkpoints be kept there, as far as owners and modes go? 0, or -1 and
 * the sentence. What the "%" stand for need not be there yet.
 */
int store_judge(const char *pattern, const char *user, struct error *e);

#endif
