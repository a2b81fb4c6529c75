/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nameless.h - shared memory that has no name any more, and the processes that use it.
 */
#ifndef ENGINE_CRIU_NAMELESS_H
#define ENGINE_CRIU_NAMELESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "engine/criu/mapping.h"
#include "engine/criu/remote.h"
#include "engine/sandbox.h"
#include "engine/tree.h"

/* A file without a name, and the one that takes its place. */
struct lost {
	dev_t dev;
	ino_t inode;
	uint64_t size; /* up to the end of what is mapped of it */
	char *path;    /* of the new one; NULL before it is made */
};

/* A descriptor of one. */
struct held {
	size_t lost;
	int number;
	int flags;
	long with; /* the descriptor that is to take its place, or -1 */
};

/* A process that has some of them mapped, or open. It is stopped. */
struct user {
	pid_t pid;
	struct remote *remote;
	struct mappings maps;
	struct held *held;
	size_t helds;
	unsigned long page; /* of ours, there; 0 before it is */
	long *with;	    /* by lost: a descriptor of the new file, or -1 */
};

struct nameless {
	int proc;	 /* /proc */
	const char *dir; /* the job's /dev/shm */
	struct lost *lost;
	size_t losts;
	struct user *users;
	size_t count;
};

#define NONE ((size_t)-1)

/*
 * Find what has no name among what the processes below sb->root have mapped, and stop
 * all who use it. On failure, too, nameless_free() when done, which has them go on.
 */
int nameless_find(struct nameless *n, const struct sandbox *sb, const char *dir,
		  struct error *e);
void nameless_free(struct nameless *n);

/* Which of the lost it is that is mapped there, or NONE. */
size_t nameless_mapped(const struct nameless *n, const struct mapping *m);

/* Has a process of the tree this file open; or mapped, or open? */
bool nameless_is_open(const struct tree *tree, dev_t dev, ino_t inode);
bool nameless_is_used(const struct tree *tree, dev_t dev, ino_t inode);

#endif
