// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "store/sweep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/str.h"

/* "123.4" */
static bool is_aside(const char *name)
{
	size_t job = strspn(name, "0123456789");

	return job > 0 && name[job] == '.' && name[job + 1] &&
	       strspn(name + job + 1, "0123456789") == strlen(name + job + 1);
}

static bool is_number(const char *text)
{
	return *text && text[strspn(text, "0123456789")] == '\0';
}

/* Of a job id, to another one that is gone; others are the user's own. */
static bool leads_nowhere(int dir, const char *name)
{
	char target[16]; /* more than a job id has digits */
	ssize_t length = readlinkat(dir, name, target, sizeof(target) - 1);
	struct stat st;

	if (length < 0 || !is_number(name))
		return false;
	target[length] = '\0';
	return is_number(target) && fstatat(dir, name, &st, 0) < 0 && errno == ENOENT;
}

static bool is_forgotten(int dir, const char *name, time_t before)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	if (S_ISLNK(st.st_mode))
		return leads_nowhere(dir, name);
	return S_ISDIR(st.st_mode) && is_aside(name) && st.st_mtime < before;
}

int sweep_aside(const char *pattern, const char *user, const char *cluster, time_t before,
		struct error *e)
{
	cleanup_free char *base = conf_expand_dir(pattern, user, 0, e);
	cleanup_free char *path = base ? str_printf("%s/%s", base, cluster) : NULL;
	cleanup_closedir DIR *dir = path ? opendir(path) : NULL;
	struct dirent *d;
	int removed = 0;

	if (!dir)
		return path && errno == ENOENT
			       ? 0
			       : error_sys(e, "%s", base ? path : pattern);
	while ((d = readdir(dir))) {
		if (d->d_name[0] == '.' || !is_forgotten(dirfd(dir), d->d_name, before))
			continue;
		if (file_remove_tree(dirfd(dir), d->d_name, e) < 0)
			return -1;
		removed++;
	}
	return removed;
}
