// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "store/renamed.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "store/way.h"

/* The directory that it is in, if no stranger has a hand in it; and its name there. */
static DIR *open_dir_of(const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	cleanup_free char *dir = slash ? strndup(path, (size_t)(slash - path) + 1) : NULL;
	struct way way = way_of("");
	cleanup_close int place = -1;
	int fd;

	way.tolerant = true;
	place = dir ? way_walk(&way, dir, NULL) : -1;
	if (place < 0 || way.exposed)
		return NULL;
	fd = openat(place, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*name = slash + 1;
	return fd < 0 ? NULL : fdopendir(fd);
}

static int look_at(int dir, const char *name, struct statx *st)
{
	return statx(dir, name, AT_SYMLINK_NOFOLLOW,
		     STATX_TYPE | STATX_UID | STATX_INO | STATX_BTIME, st);
}

static bool is_it(const struct statx *st, unsigned long long inode,
		  const struct statx_timestamp *born)
{
	return S_ISREG(st->stx_mode) && st->stx_ino == inode &&
	       (!born->tv_sec || !(st->stx_mask & STATX_BTIME) ||
		(st->stx_btime.tv_sec == born->tv_sec &&
		 st->stx_btime.tv_nsec == born->tv_nsec));
}

/* Its name in the directory, other than the one that it had; owned by the caller. */
static char *find_in(DIR *dir, const char *name, unsigned long long inode,
		     const struct statx_timestamp *born)
{
	struct dirent *d;
	struct statx st;

	rewinddir(dir);
	while (inode && (d = readdir(dir))) {
		if (d->d_ino == inode && strcmp(d->d_name, name) != 0 &&
		    look_at(dirfd(dir), d->d_name, &st) == 0 && is_it(&st, inode, born))
			return strdup(d->d_name);
	}
	return NULL;
}

char *renamed_find(const char *path, unsigned long long inode,
		   const struct statx_timestamp *born)
{
	const char *name;
	cleanup_closedir DIR *dir = open_dir_of(path, &name);
	cleanup_free char *now = dir ? find_in(dir, name, inode, born) : NULL;

	return now ? str_printf("%.*s%s", (int)(name - path), path, now) : NULL;
}

/* A file of the user's that was made after the generation. */
static bool is_later(const struct manifest *m, int dir, const char *name)
{
	unsigned long long saved;
	struct statx st;

	return manifest_get_number(m, "time", LLONG_MAX, &saved) == 0 &&
	       look_at(dir, name, &st) == 0 && S_ISREG(st.stx_mode) &&
	       st.stx_uid == geteuid() && (st.stx_mask & STATX_BTIME) &&
	       st.stx_btime.tv_sec > (long long)saved;
}

/* "log.1", "log.2026-11-29" */
static bool is_rotated(const char *name, const char *from)
{
	size_t length = strlen(from);

	return !strncmp(name, from, length) && name[length] == '.' && name[length + 1] &&
	       name[length + 1 + strspn(name + length + 1, "0123456789-_:.")] == '\0';
}

/* Is its own name free, or can it be made so? */
static bool is_free(const struct manifest *m, int dir, const char *name)
{
	return faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0 ||
	       is_later(m, dir, name);
}

bool renamed_could_return(const struct manifest *m, const char *path,
			  unsigned long long inode, const struct statx_timestamp *born)
{
	const char *name;
	cleanup_closedir DIR *dir = open_dir_of(path, &name);
	cleanup_free char *now = dir ? find_in(dir, name, inode, born) : NULL;

	return now && is_free(m, dirfd(dir), name);
}

static void remove_rotated(const struct manifest *m, DIR *dir, const char *name,
			   const char *except)
{
	struct dirent *d;

	rewinddir(dir);
	while ((d = readdir(dir))) {
		if (strcmp(d->d_name, except) != 0 && is_rotated(d->d_name, name) &&
		    is_later(m, dirfd(dir), d->d_name))
			(void)unlinkat(dirfd(dir), d->d_name, 0);
	}
}

void renamed_return(const struct manifest *m, const char *path, unsigned long long inode,
		    const struct statx_timestamp *born)
{
	const char *name;
	cleanup_closedir DIR *dir = open_dir_of(path, &name);
	cleanup_free char *now = NULL;
	struct statx st;

	if (!dir || (look_at(dirfd(dir), name, &st) == 0 && is_it(&st, inode, born)))
		return;
	now = find_in(dir, name, inode, born);
	if (!now || !is_free(m, dirfd(dir), name))
		return;
	remove_rotated(m, dir, name, now);
	(void)renameat(dirfd(dir), now, dirfd(dir), name);
}

void renamed_remove(const char *path)
{
	const char *name;
	cleanup_closedir DIR *dir = open_dir_of(path, &name);
	struct statx st;

	if (dir && look_at(dirfd(dir), name, &st) == 0 && S_ISREG(st.stx_mode) &&
	    st.stx_uid == geteuid())
		(void)unlinkat(dirfd(dir), name, 0);
}
