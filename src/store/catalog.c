// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "store/catalog.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <search.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/conf.h"
#include "base/identity.h"
#include "base/str.h"
#include "store/store.h"

#define STRANGERS_MAX 100 /* that are told of */

struct walk {
	const char *pattern;
	const char *cluster;
	catalog_fn fn;
	catalog_fail_fn fail;
	void *arg;
	bool all; /* users */
	unsigned int strangers;
	void *owners; /* struct owner, a tree of tsearch(3)'s */
};

/* The name of a user id, which is asked for once. */
struct owner {
	uid_t uid;
	char name[]; /* empty: none */
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

/* One user's store that cannot be read hides no other user's. */
static int pass_over(const struct walk *w, const char *user, int error, struct error *e)
{
	if (!w->all)
		return -1;
	/* What is closed to others is no failure of theirs. */
	if (error != EACCES || getuid() == 0)
		w->fail(w->arg, user, e);
	return 0;
}

static int walk_user(const struct walk *w, const char *user, struct error *e)
{
	cleanup_free unsigned int *jobs = NULL;
	size_t count = 0;
	int rc;

	if (identity_become(user, e) < 0)
		return pass_over(w, user, 0, e);
	errno = 0;
	rc = folder_list(w->pattern, user, w->cluster, &jobs, &count, e);
	if (rc < 0)
		rc = pass_over(w, user, errno, e);
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
	return take_ptr(user);
}

static int by_uid(const void *a, const void *b)
{
	uid_t x = ((const struct owner *)a)->uid, y = ((const struct owner *)b)->uid;

	return (x > y) - (x < y);
}

/* Empty if it has none, or without memory. */
static const char *name_of(struct walk *w, uid_t uid)
{
	const struct owner wanted = { .uid = uid };
	void *found = tfind(&wanted, &w->owners, by_uid);
	const struct passwd *pw = found ? NULL : getpwuid(uid);
	const char *name = pw ? pw->pw_name : "";
	size_t size = strlen(name) + 1;
	struct owner *owner;

	if (found)
		return (*(struct owner **)found)->name;
	owner = malloc(sizeof(*owner) + size);
	if (!owner)
		return "";
	owner->uid = uid;
	memcpy(owner->name, name, size);
	if (!tsearch(owner, &w->owners, by_uid)) {
		free(owner);
		return "";
	}
	return owner->name;
}

/*
 * Whose directory it is that has a user's name. Anybody can make any number of them in
 * one that is sticky, and each question for a name may go to a server: so who owns one is
 * asked first, and of those that are not their owner's a few are told.
 */
static bool is_users(struct walk *w, int dir, const char *name, const char *user)
{
	struct error e;
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	if (st.st_uid != 0) {
		if (!strcmp(name_of(w, st.st_uid), user))
			return true;
		if (w->strangers++ >= STRANGERS_MAX)
			return false;
	}
	if (!getpwnam(user))
		return false;
	if (st.st_uid != 0 && store_judge(w->pattern, user, &e) < 0) {
		(void)pass_over(w, user, errno, &e);
		return false;
	}
	return true;
}

static int walk_users(struct walk *w, const char *percent, struct error *e)
{
	cleanup_free char *path = users_dir(w->pattern, percent, e);
	cleanup_closedir DIR *dir = path ? opendir(path) : NULL;
	struct dirent *d;

	if (!dir)
		return path ? error_sys(e, "%s", path) : -1;
	while ((d = file_next(dir))) {
		cleanup_free char *user = user_of(w->pattern, percent, d->d_name);

		if (user && is_users(w, dirfd(dir), d->d_name, user) && w->fn &&
		    walk_user(w, user, e) < 0)
			return -1;
	}
	return errno ? error_sys(e, "%s", path) : 0;
}

int catalog_each(const char *pattern, const char *user, const char *cluster,
		 catalog_fn fn, catalog_fail_fn fail, void *arg, struct error *e)
{
	struct walk w = { .pattern = pattern,
			  .cluster = cluster,
			  .fn = fn,
			  .fail = fail,
			  .arg = arg,
			  .all = !user };
	const char *percent = conf_find_percent(pattern, 'u');
	int rc;

	if (conf_find_percent(pattern, 'j'))
		return error_set(e, "%s: has a directory for each job; name the job",
				 pattern);
	if (user)
		return walk_user(&w, user, e);
	if (!percent)
		return error_set(e, "%s: has no %%u, so it is one user's; name the user",
				 pattern);
	rc = walk_users(&w, percent, e);
	tdestroy(w.owners, free);
	return rc;
}

int catalog_strangers(const char *pattern, catalog_fail_fn fail, void *arg,
		      struct error *e)
{
	struct walk w = { .pattern = pattern, .fail = fail, .arg = arg, .all = true };
	const char *percent = conf_find_percent(pattern, 'u');

	int rc = percent ? walk_users(&w, percent, e) : 0;

	tdestroy(w.owners, free);
	return rc;
}
