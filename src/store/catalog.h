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

/*
 * Go through the folders below the directory that pattern names, of one user, or with
 * NULL of all users that have directories there; in ascending order of job ids for each.
 * Root acts as the user meanwhile (base/identity.h). A pattern with %j has none to go
 * through.
 */
int catalog_each(const char *pattern, const char *user, const char *cluster,
		 catalog_fn fn, void *arg, struct error *e);

#endif
