/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * renamed.h - a file that the job was writing, and that has another name in its directory
 * now. Programs that rotate their logs do that: "log" becomes "log.1", and a new "log" is
 * made. When the job goes on from before that, it is undone; the job will do it again.
 *
 * A file is known by its inode, and by when it was made, where the file system tells
 * that: these are the same on every node, as the device is not.
 */
#ifndef STORE_RENAMED_H
#define STORE_RENAMED_H

#include <linux/stat.h>
#include <stdbool.h>

#include "store/manifest.h"

/* The path by which it is there now, owned by the caller; NULL if it is not. */
char *renamed_find(const char *path, unsigned long long inode,
		   const struct statx_timestamp *born);

/*
 * Could renamed_return() give it its name back? Only if what has its name now was made
 * after the generation that m is of, so that the job has made it, or may have.
 */
bool renamed_could_return(const struct manifest *m, const char *path,
			  unsigned long long inode, const struct statx_timestamp *born);

/*
 * If it has another name: give it its own again, in place of what has it now, and remove
 * what was rotated in between ("log.1" and so on, made after the generation).
 */
void renamed_return(const struct manifest *m, const char *path, unsigned long long inode,
		    const struct statx_timestamp *born);

/* Remove a regular file of the user's own. */
void renamed_remove(const char *path);

#endif
