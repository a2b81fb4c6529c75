/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * catalog.h - all folders of a user, or of all users.
 */
#ifndef STORE_CATALOG_H
#define STORE_CATALOG_H

#include "store/folder.h"

/*
 * Called for each folder, open, its record read (and empty if it cannot be). -1 ends
 * the walk.
 */
typedef int (*catalog_fn)(void *arg, const char *user, unsigned int job,
			  struct folder *folder, struct error *e);

/* Called for each user whose folders cannot be read, and why; the others follow. */
typedef void (*catalog_fail_fn)(void *arg, const char *user, const struct error *e);

/*
 * Go through the folders below the directory that pattern names, of one user, or with
 * NULL of all users that have directories there; in ascending order of job ids for each.
 * Root acts as the user meanwhile (base/identity.h). A pattern with %j has none to go
 * through. If one user is named, -1 says that theirs cannot be read; fail is not called.
 */
int catalog_each(const char *pattern, const char *user, const char *cluster,
		 catalog_fn fn, catalog_fail_fn fail, void *arg, struct error *e);

/*
 * Call fail for each directory that has a user's name in the place of theirs, and belongs
 * to somebody else. -1 if the place cannot be read.
 */
int catalog_strangers(const char *pattern, catalog_fail_fn fail, void *arg,
		      struct error *e);

#endif
