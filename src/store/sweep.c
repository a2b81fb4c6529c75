// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "store/sweep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

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

static bool is_forgotten(int dir, const char *name, time_t before)
{
	struct stat st, target;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	if (S_ISLNK(st.st_mode))
		return fstatat(dir, name, &target, 0) < 0 && errno == ENOENT;
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
