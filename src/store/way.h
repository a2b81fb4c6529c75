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
#include <sys/types.h>

#include "base/error.h"

struct way {
	uid_t user;
	bool inside;   /* a user namespace, so that root may not be seen as root */
	bool fixed;    /* sticky directories are taken */
	bool tolerant; /* directories of strangers are taken; their links are not */
	bool exposed;  /* there was such a one */
	unsigned int links;
};

/* For that user, or for oneself if there is none of that name. It is in its fixed part.
 */
struct way way_of(const char *user);

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

#endif
