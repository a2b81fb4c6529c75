// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "store/sweep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "store/folder.h"
#include "store/store.h"

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

/* Of a folder that was set aside: what its own record says is what counts. */
static int check_named(int dir, const struct store *store, const char *name,
		       struct error *e)
{
	struct folder folder = {
		.fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
		.path = str_printf("%s/%s", store->path, name)
	};
	int rc = folder.fd < 0 || !folder.path ? error_sys(e, "%s", name)
					       : folder_load(&folder, e);

	if (rc == 0)
		rc = folder_check_named(&folder, store->name,
					(unsigned int)strtoul(name, NULL, 10), e);
	folder_close(&folder);
	return rc;
}

/* 1 if it was removed, 0 if it stays. */
static int sweep_one(int dir, const struct store *store, const char *name, time_t before,
		     struct error *e)
{
	if (name[0] == '.' || !is_forgotten(dir, name, before))
		return 0;
	if (is_aside(name) && check_named(dir, store, name, e) < 0)
		return -1;
	return file_remove_tree(dir, name, e) < 0 ? -1 : 1;
}

static int sweep(const struct store *store, time_t before, struct error *e)
{
	cleanup_closedir DIR *dir = file_open_dir(store->fd, ".");
	int removed = 0, failed = 0;
	struct error first;
	struct dirent *d;

	if (!dir)
		return error_sys(e, "%s", store->path);
	while ((d = file_next(dir))) {
		int n = sweep_one(dirfd(dir), store, d->d_name, before,
				  failed ? NULL : &first);

		if (n > 0)
			removed++;
		else
			failed -= n;
	}
	if (failed == 0 && errno)
		return error_sys(e, "%s", store->path);
	if (failed > 0)
		*e = first;
	return failed > 0 ? -1 : removed;
}

int sweep_aside(const char *pattern, const char *user, const char *cluster, time_t before,
		struct error *e)
{
	struct store store;
	int rc = store_open(&store, pattern, user, cluster, 0, STORE_READ, e);

	if (rc == 0)
		rc = sweep(&store, before, e);
	else if (errno == ENOENT)
		rc = 0;
	store_close(&store);
	return rc;
}
