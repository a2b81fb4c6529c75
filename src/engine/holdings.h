/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * holdings.h - the files and directories that a job's processes hold: open, mapped,
 * executed, or as the directory in which they work. It is asked of the kernel by process,
 * not by path: nobody can have exchanged them meanwhile.
 */
#ifndef ENGINE_HOLDINGS_H
#define ENGINE_HOLDINGS_H

#include <stdbool.h>
#include <sys/stat.h>

#include "engine/tree.h"

/* A regular file, a directory or a fifo. */
struct holding {
	pid_t pid;
	const char *path; /* as the kernel says it */
	bool removed;	  /* it has no such name any more */
	/*
	 * What is mapped the kernel tells by its inode, and only the file at its path can
	 * be asked for more: false if that is another one. Some file systems (overlayfs
	 * before Linux 6.8, btrfs) show other numbers there, so that it always is.
	 */
	bool known;
	struct stat st; /* if it is known */
};

/* Call visit for each, for some more than once, until it returns less than 0. */
typedef int (*holdings_fn)(void *arg, const struct holding *holding, struct error *e);
int holdings_visit(const struct tree *tree, holdings_fn visit, void *arg,
		   struct error *e);

#endif
