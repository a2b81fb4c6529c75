/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tmpdir.h - the content of a job's TMPDIR, or of another directory of a node's that goes
 * with the job, as one file of a generation.
 *
 * A tar archive (pax, with sparse files and links) compressed with zstd. Sockets are
 * not in it: whoever restores the process that listens makes them anew.
 */
#ifndef STORE_TMPDIR_H
#define STORE_TMPDIR_H

#include "base/error.h"
#include "store/generation.h"

#define TMPDIR_ARCHIVE	   "tmp.tar.zst"
#define TMPDIR_ARCHIVE_SHM "shm.tar.zst" /* of its /dev/shm */

/*
 * Archive what is in dir, while nobody writes there, under this name, and list the
 * archive in the manifest. An empty directory makes no archive.
 */
int tmpdir_save(struct generation *gen, const char *name, const char *dir,
		struct error *e);

/* Unpack the generation's archive of this name, if it has one, into dir, which is empty.
 */
int tmpdir_restore(const struct generation *gen, const char *name, const char *dir,
		   struct error *e);

#endif
