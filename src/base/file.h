/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * file.h - files and directories, relative to a directory's descriptor.
 *
 * Every function fills e with a sentence that names the object and returns -1 on
 * failure. Descriptors returned are close-on-exec and owned by the caller.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <dirent.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

/* Write all of size bytes, however many calls that takes. errno on failure. */
int file_write_all(int fd, const void *data, size_t size);

/* Read up to size bytes, fewer only at the end of the file. -1 and errno on failure. */
ssize_t file_read_all(int fd, void *data, size_t size);

/*
 * The whole of a regular file of at most max bytes, followed by a zero byte that
 * is not counted in *size. Of a file in /proc, which has no size, 64 KiB at most.
 * Owned by the caller; NULL on failure.
 */
char *file_read(int dirfd, const char *name, size_t max, size_t *size, struct error *e);

/*
 * Replace dirfd/name by a file with this content and mode, so that whoever reads
 * it sees the old or the new one whole, also after a power failure.
 */
int file_replace(int dirfd, const char *name, const void *data, size_t size, mode_t mode,
		 struct error *e);

/* What a symbolic link points to, owned by the caller; NULL and errno. */
char *file_read_link(int dirfd, const char *name);

/* Copy size bytes of the file open at in, from its beginning, to out. */
int file_copy(int in, int out, uint64_t size, const char *name, struct error *e);

/* Make the directory dirfd/name, mode 0700, unless it is there, and open it. */
int file_make_dir(int dirfd, const char *name, struct error *e);

/* Open the directory dirfd/name, and no symbolic link, to read it; NULL and errno. */
DIR *file_open_dir(int dirfd, const char *name);

/*
 * The next entry of a directory. NULL with errno 0 at its end, and with another errno if
 * the rest cannot be read: that there is no more is not known then.
 */
struct dirent *file_next(DIR *dir);

/* Is an entry of the directory dirfd a directory itself, and no link to one? */
bool file_is_dir(int dirfd, const struct dirent *entry);

/* Flush a directory's entries, or a file's content, to the disk. */
int file_sync(int fd, const char *name, struct error *e);

/*
 * Remove dirfd/name and, if it is a directory, all below it. Missing is success; so is a
 * directory on NFS that cannot go before a process of this node closes files of it.
 */
int file_remove_tree(int dirfd, const char *name, struct error *e);

#endif
