// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "store/catalog.h"

#include <dirent.h>
#include <errno.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/conf.h"
#include "base/identity.h"
#include "base/str.h"

struct walk {
	const char *pattern;
	const char *cluster;
	catalog_fn fn;
	void *arg;
	bool all; /* users */
};

static int visit(const struct walk *w, const char *user, unsigned int job,
		 struct error *e)
{
	struct folder folder;
	int rc = 0;

	/* One that has just been removed, or is damaged, does not hide the others. */
	if (folder_open(&folder, w->pattern, user, w->cluster, job, NULL) == 0 ||
	    folder.fd >= 0)
		rc = w->fn(w->arg, user, job, &folder, e);
	folder_close(&folder);
	return rc;
}

static int walk_user(const struct walk *w, const char *user, struct error *e)
{
	cleanup_free unsigned int *jobs = NULL;
	size_t count = 0;
	int rc;

	if (identity_become(user, e) < 0)
		return -1;
	errno = 0;
	rc = folder_list(w->pattern, user, w->cluster, &jobs, &count, e);
	/* What is closed to us, or no directory at all, hides no other user's. */
	if (rc < 0 && w->all && (errno == EACCES || errno == ENOTDIR || errno == ELOOP))
		rc = 0;
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = visit(w, user, jobs[i], e);
	identity_back();
	return rc;
}

/* The directory in which the users' own are: what stands before the part with %u. */
static char *users_dir(const char *pattern, const char *percent, struct error *e)
{
	const char *slash = percent;
	cleanup_free char *dir = NULL;

	while (slash > pattern && *slash != '/')
		slash--;
	dir = strndup(pattern, slash > pattern ? (size_t)(slash - pattern) : 1);
	return dir ? conf_expand_dir(dir, "", 0, e) : NULL;
}

/* The user whose directory is called name in a part of the pattern like "x-%u"; or NULL.
 */
static char *user_of(const char *pattern, const char *percent, const char *name)
{
	const char *start = percent, *end = percent + 2;
	size_t before, after, length = strlen(name);
	cleanup_free char *user = NULL;

	while (start > pattern && start[-1] != '/')
		start--;
	end += strcspn(end, "/");
	before = (size_t)(percent - start);
	after = (size_t)(end - percent) - 2;
	if (length <= before + after || strncmp(name, start, before) != 0 ||
	    strncmp(name + length - after, percent + 2, after) != 0)
		return NULL;
	user = strndup(name + before, length - before - after);
	return user && getpwnam(user) ? take_ptr(user) : NULL;
}

static int walk_users(const struct walk *w, const char *percent, struct error *e)
{
	cleanup_free char *path = users_dir(w->pattern, percent, e);
	cleanup_closedir DIR *dir = path ? opendir(path) : NULL;
	struct dirent *d;

	if (!dir)
		return path ? error_sys(e, "%s", path) : -1;
	while ((d = readdir(dir))) {
		cleanup_free char *user = user_of(w->pattern, percent, d->d_name);

		if (user && walk_user(w, user, e) < 0)
			return -1;
	}
	return 0;
}

int catalog_each(const char *pattern, const char *user, const char *cluster,
		 catalog_fn fn, void *arg, struct error *e)
{
	struct walk w = { pattern, cluster, fn, arg, .all = !user };
	const char *percent = conf_find_percent(pattern, 'u');

	if (user)
		return walk_user(&w, user, e);
	if (!percent)
		return error_set(e, "%s: has no %%u, so it is one user's; name the user",
				 pattern);
	return walk_users(&w, percent, e);
}
