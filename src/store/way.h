/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * way.h - go a way through the file system that no stranger can change.
 *
 * Step by step from the root of the file system on. A symbolic link is followed if it is
 * root's or the user's. A directory is one where no stranger has a hand in if it belongs
 * to root or to the user and only they can write to it; or if it is sticky and root's,
 * where others can exchange nothing but what is theirs.
 */
#ifndef STORE_WAY_H
#define STORE_WAY_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/error.h"

struct way {
	uid_t user;
	bool inside;   /* a user namespace, so that root may not be seen as root */
	bool fixed;    /* sticky directories are taken */
	bool tolerant; /* directories of strangers are taken; their links are not */
	bool exposed;  /* there was such a one */
	bool foreign;  /* and it belongs to a stranger */
	bool shared;   /* there was a sticky one, in which others make files */
	unsigned int links;
};

/* For that user, or for oneself if there is none of that name. It is in its fixed part.
 */
struct way way_of(const char *user);

/* Is that owner root, or the user? */
bool way_trusts(const struct way *way, uid_t owner);

/* "user NAME", to be freed; "user NUMBER" if it has none. NULL without memory. */
char *way_owner_name(uid_t owner);

/*
 * The directory at path, which is absolute, as a descriptor with O_PATH. -1 and errno,
 * EPERM where a stranger has a hand in it; the sentence names the directory, its owner
 * and what is to be done.
 */
int way_walk(struct way *way, const char *path, struct error *e);

/* One directory below parent, and no link; made with mode 0700 if make is set. */
int way_enter(struct way *way, int parent, const char *name, int flags, bool make,
	      const char *path, struct error *e);

/* The file at path, which is absolute. */
int way_open_file(struct way *way, const char *path, int flags, struct error *e);

/*
 * Can no stranger have put the file there that st describes, and that was found at path,
 * at the end of this way? In a sticky directory others can take any name that is free. So
 * there it has to be the user's, or root's and not writable by others where may_be_roots
 * is set, and to have no other name; and no directory on the way may be a stranger's. -1
 * and EPERM, and a sentence that names its owner, if it may be a stranger's.
 */
int way_check_file(const struct way *way, const char *path, const struct stat *st,
		   bool may_be_roots, struct error *e);

#endif
