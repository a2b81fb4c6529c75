// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/criu/shm.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"

#define PREFIX	"/dev/shm/"
#define DELETED " (deleted)"

/* The name in /dev/shm of a line of maps, with its DELETED; NULL if it is none such. */
static const char *deleted_name(char *line, unsigned long long *inode)
{
	char *name = strstr(line, PREFIX);
	size_t length;

	line[strcspn(line, "\n")] = '\0';
	if (!name || sscanf(line, "%*s %*s %*s %*s %llu", inode) != 1)
		return NULL;
	name += strlen(PREFIX);
	length = strlen(name);
	return length > strlen(DELETED) && !strchr(name, '/') &&
			       !strcmp(name + length - strlen(DELETED), DELETED)
		       ? name
		       : NULL;
}

static void link_inode(const char *dir, unsigned long long inode, const char *name)
{
	cleanup_closedir DIR *d = file_open_dir(AT_FDCWD, dir);
	struct dirent *entry;
	struct stat st;

	while (d && (entry = readdir(d))) {
		if (entry->d_ino == inode &&
		    fstatat(dirfd(d), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(st.st_mode)) {
			(void)linkat(dirfd(d), entry->d_name, dirfd(d), name, 0);
			return;
		}
	}
}

static void name_mapped_by(const struct tree *tree, pid_t pid, const char *dir)
{
	cleanup_free char *path = str_printf("%d/maps", pid);
	int fd = path ? openat(tree->proc, path, O_RDONLY | O_CLOEXEC) : -1;
	cleanup_fclose FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
	cleanup_free char *line = NULL;
	unsigned long long inode;
	size_t room = 0;

	while (f && getline(&line, &room, f) > 0) {
		const char *name = deleted_name(line, &inode);

		if (name)
			link_inode(dir, inode, name);
	}
}

void shm_name_mapped(const struct tree *tree, const char *dir)
{
	for (size_t i = 0; i < tree->count; i++)
		name_mapped_by(tree, tree->pids[i], dir);
}
