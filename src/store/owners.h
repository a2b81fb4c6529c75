/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * owners.h - whose the files and directories were that a job held when it was saved.
 *
 * They are opened again by their paths, and where others can write, a stranger may have
 * put something of theirs there meanwhile. What belongs to root or to the job's user then
 * nobody else has made; what was another user's when the job was saved may be that user's
 * again.
 */
#ifndef STORE_OWNERS_H
#define STORE_OWNERS_H

#include <stdbool.h>
#include <sys/types.h>

#include "store/manifest.h"
#include "store/way.h"

/* Attribute: "UID PATH" for each that was another user's, a line each. It is there,
 * empty, if there was none; older versions did not write it. */
#define OWNERS "owners"

/* Note one, unless it is root's or the user's. -1 without memory. */
int owners_note(struct manifest *m, const struct way *way, const char *path, uid_t owner);

/* May what is at path, and belongs to owner, be what the job held? */
bool owners_allow(const struct manifest *m, const struct way *way, const char *path,
		  uid_t owner);

#endif
