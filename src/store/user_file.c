// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "store/user_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

#define KIB ((size_t)1 << 10)
#define MIB ((size_t)1 << 20)
#define GIB ((uint64_t)1 << 30)

const struct user_file_limit user_file_limits[USER_FILES] = {
	[USER_FILE_RECORD] = { MIB, 1000, 100, GIB,
			       "some twenty attributes and two outputs; hostlists are "
			       "its "
			       "longest" },
	[USER_FILE_MANIFEST] = { 32 * MIB, 1000, 400000, GIB,
				 "eight images of each of 10,000 processes, and as many "
				 "open "
				 "files" },
	[USER_FILE_EVENTS] = { 32 * MIB, 0, 0, GIB / 8,
			       "a checkpoint every 10 minutes for four years" },
	[USER_FILE_MOVE] = { MIB, 1000, 0, GIB,
			     "four requests; hostlists are its longest" },
	[USER_FILE_MARK] = { 32 * MIB, 1000, 400000, GIB, "the outputs of a manifest" },
	[USER_FILE_OPTIONS] = { 2 * MIB, 0, 20000, GIB,
				"what execve takes at once, of arguments" },
	[USER_FILE_ENVIRONMENT] = { 16 * MIB, 0, 0, GIB,
				    "what slurmctld takes of an environment" },
	[USER_FILE_LOG] = { MIB, 0, 0, GIB, "engines keep theirs below 64 KiB" },
	[USER_FILE_CPU] = { 8 * KIB, 0, 0, GIB, "some hundred features of a CPU" },
};

const struct user_dirs_limit user_dirs_limits[USER_DIRS] = {
	[USER_DIRS_FOLDERS] = { 400000, "folders of jobs",
				"ten thousand jobs a day, kept for a month" },
	[USER_DIRS_GENERATIONS] = { 2000, "generations",
				    "the most that can be kept, twice" },
	[USER_DIRS_IMAGES] = { 100000, "files of a generation",
			       "ten images of each of 10,000 processes" },
};

int user_dirs_check(enum user_dirs kind, size_t count, const char *dir, struct error *e)
{
	const struct user_dirs_limit *limit = &user_dirs_limits[kind];

	/* Everybody else is limited by what is theirs. */
	if (getuid() != 0 || count <= limit->count)
		return 0;
	errno = EFBIG;
	return error_set(
		e,
		"%s: is left alone, since it has more than %zu %s; its owner can "
		"look at them",
		dir, limit->count, limit->what);
}

/* ---- in all ---- */

/* Of a user, until the command ends: users come in any order, and again. */
struct counted {
	uid_t user;
	uint64_t bytes[USER_FILES];
	struct counted *next;
};

static struct counted *all_counted;

static struct counted *counted_of(uid_t user)
{
	struct counted *c = all_counted;

	while (c && c->user != user)
		c = c->next;
	if (!c && (c = calloc(1, sizeof(*c)))) {
		c->user = user;
		c->next = all_counted;
		all_counted = c;
	}
	return c;
}

/*
 * As whom root goes through the files is whose they count as, whoever owns them: a user
 * may have names of others' files there. In nobody's name the owner is asked.
 */
static uid_t whose(const struct stat *st)
{
	return geteuid() != 0 ? geteuid() : st->st_uid;
}

int user_file_count(int fd, const char *name, enum user_file kind, uint64_t bytes,
		    struct error *e)
{
	uint64_t limit = user_file_limits[kind].in_all;
	struct counted *counted;
	struct stat st;

	/* Everybody else is limited by what is theirs. */
	if (getuid() != 0 || fstat(fd, &st) < 0 || whose(&st) == 0)
		return 0;
	counted = counted_of(whose(&st));
	if (!counted)
		return error_sys(e, "%s", name);
	counted->bytes[kind] += bytes;
	if (counted->bytes[kind] <= limit)
		return 0;
	errno = EFBIG;
	return error_set(e,
			 "%s: is left unread, since root reads no more than %llu MiB of "
			 "such files of one user's at once",
			 name, (unsigned long long)(limit / MIB));
}

/* ---- one file ---- */

static int check(int dirfd, int fd, const char *name, enum user_file kind,
		 struct stat *st, struct error *e)
{
	size_t limit = user_file_limits[kind].bytes;
	struct stat dir;

	if (fstat(fd, st) < 0 || fstat(dirfd, &dir) < 0)
		return error_sys(e, "%s", name);
	errno = EINVAL;
	if (!S_ISREG(st->st_mode))
		return error_set(e, "%s: is not a regular file", name);
	if (st->st_uid != dir.st_uid && st->st_uid != 0)
		return error_set(e, "%s: does not belong to the owner of its directory",
				 name);
	errno = EFBIG;
	if ((uint64_t)st->st_size > limit)
		return error_set(e,
				 "%s: has %llu bytes, and more than %zu KiB are left "
				 "unread",
				 name, (unsigned long long)st->st_size, limit / KIB);
	return 0;
}

static int open_file(int dirfd, const char *name, enum user_file kind, struct stat *st,
		     struct error *e)
{
	/* O_NONBLOCK: a pipe with no writer would be waited for. */
	cleanup_close int fd = openat(
		dirfd, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0)
		return error_sys(e, "%s", name);
	return check(dirfd, fd, name, kind, st, e) < 0 ? -1 : take_fd(fd);
}

int user_file_open(int dirfd, const char *name, enum user_file kind, struct error *e)
{
	struct stat st;

	return open_file(dirfd, name, kind, &st, e);
}

char *user_file_read(int dirfd, const char *name, enum user_file kind, size_t *size,
		     struct error *e)
{
	struct stat st = { .st_size = 0 };
	cleanup_close int fd = open_file(dirfd, name, kind, &st, e);
	cleanup_free char *text = NULL;
	ssize_t got;

	if (fd < 0 || user_file_count(fd, name, kind, (uint64_t)st.st_size, e) < 0)
		return NULL;
	text = malloc((size_t)st.st_size + 1);
	got = text ? file_read_all(fd, text, (size_t)st.st_size) : -1;
	if (got < 0) {
		error_sys(e, "%s", name);
		return NULL;
	}
	text[got] = '\0';
	*size = (size_t)got;
	return take_ptr(text);
}
