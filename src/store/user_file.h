/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * user_file.h - the one way to open what a user can write, for whoever reads it.
 *
 * It is a regular file, belongs to the owner of the directory that it is in, and is no
 * larger than a table allows. What root reads of one user's files by one command is
 * limited, too: a file of the largest size can have any number of names.
 */
#ifndef STORE_USER_FILE_H
#define STORE_USER_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum user_file {
	USER_FILE_RECORD,
	USER_FILE_MANIFEST,
	USER_FILE_EVENTS,
	USER_FILE_MOVE,
	USER_FILE_MARK,
	USER_FILE_OPTIONS,
	USER_FILE_ENVIRONMENT,
	USER_FILE_LOG,
	USER_FILE_CPU,
	USER_FILES
};

/* The limits of a kind of file, and why they are as they are. */
struct user_file_limit {
	size_t bytes;	 /* of a file */
	size_t attrs;	 /* of a manifest; 0: it is none */
	size_t entries;	 /* of a manifest, other than attributes; words of a list */
	uint64_t in_all; /* bytes that root reads of one user's by one command */
	const char *reason;
};

extern const struct user_file_limit user_file_limits[USER_FILES];

/*
 * Open dirfd/name to read it. A descriptor; or -1 and errno, as far as it is the
 * system's: ENOENT if it is not there.
 */
int user_file_open(int dirfd, const char *name, enum user_file kind, struct error *e);

/* All of it, and a zero byte; owned by the caller, or NULL and errno as above. */
char *user_file_read(int dirfd, const char *name, enum user_file kind, size_t *size,
		     struct error *e);

/* Directories that a user makes, and root's commands walk through. */
enum user_dirs { USER_DIRS_FOLDERS, USER_DIRS_GENERATIONS, USER_DIRS_IMAGES, USER_DIRS };

struct user_dirs_limit {
	size_t count; /* in one directory */
	const char *what;
	const char *reason;
};

extern const struct user_dirs_limit user_dirs_limits[USER_DIRS];

/* -1 if root looks at no more than fewer of them in a directory. */
int user_dirs_check(enum user_dirs kind, size_t count, const char *dir, struct error *e);

/* Count bytes that were read beside these; -1 if that is more than one user's may have.
 */
int user_file_count(int fd, const char *name, enum user_file kind, uint64_t bytes,
		    struct error *e);

#endif
