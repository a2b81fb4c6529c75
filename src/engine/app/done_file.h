/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * done_file.h - the file by which a job says that it has saved itself. Used inside
 * engine/app/ alone.
 *
 * A file of that name may be there from the time before, and may be the very file in
 * which the job saves itself: so it is never removed, but compared. It is there when it
 * has been closed after writing, or renamed to its name. Of what another node does the
 * kernel tells nobody, so that the file is looked at once a second, too: it is there when
 * it has changed, and has not for a second.
 */
#ifndef ENGINE_APP_DONE_FILE_H
#define ENGINE_APP_DONE_FILE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/loop.h"

struct done_file {
	const char *path;
	char *dir;	    /* of it, */
	const char *name;   /* and its name in that */
	struct stat before; /* st_ino is 0 if there was none */
	struct stat last;   /* as it was looked at last */
	struct loop *loop;
	int watch;
	int timer;
	bool there;
};

/* Keep watch from now on. done_file_close() in any case. */
int done_file_open(struct done_file *done, const char *path, struct loop *loop,
		   struct error *e);

void done_file_close(struct done_file *done);

#endif
