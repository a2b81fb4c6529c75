// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/conf.h"
#include "base/str.h"
#include "store/way.h"

/* Length of the part of a pattern, and of what it expands to, that is there beforehand.
 */
static size_t fixed_length(const char *pattern)
{
	const char *percent = strchr(pattern, '%');
	size_t length = percent ? (size_t)(percent - pattern) : strlen(pattern);

	if (percent) {
		while (length > 1 && pattern[length - 1] != '/')
			length--;
	}
	return length;
}

static int open_fixed(struct way *way, const char *pattern, struct error *e)
{
	cleanup_free char *fixed = strndup(pattern, fixed_length(pattern));
	size_t length = fixed ? strlen(fixed) : 0;
	int fd;

	while (length > 1 && fixed[length - 1] == '/')
		fixed[--length] = '\0';
	if (!fixed)
		return error_sys(e, "%s", pattern);
	fd = way_walk(way, fixed, e);
	if (fd >= 0 || errno != ENOENT)
		return fd;
	/* Then nothing is known of any job. */
	error_set(e, "%s, where the checkpoints are to be, does not exist on this host",
		  fixed);
	errno = ENODEV;
	return -1;
}

/* rest is words with "/" between them, with which path ends. */
static int open_rest(struct way *way, int fixed, char *rest, enum store_use use,
		     const char *path, struct error *e)
{
	cleanup_close int fd = fcntl(fixed, F_DUPFD_CLOEXEC, 0);
	const char *begin = rest;
	size_t before = strlen(path) - strlen(rest);
	char *name;

	while (fd >= 0 && (name = strsep(&rest, "/"))) {
		cleanup_free char *here =
			strndup(path, before + (size_t)(name - begin) + strlen(name));
		int below;

		if (!*name)
			continue;
		if (!here)
			return error_sys(e, "%s", path);
		below = way_enter(way, fd, name, O_PATH, use == STORE_MAKE, here, e);
		if (below < 0)
			return -1;
		close(fd);
		fd = below;
	}
	return fd < 0 ? error_sys(e, "%s", path) : take_fd(fd);
}

/* The directory that the pattern names. */
static int open_dir(struct way *way, const char *pattern, const char *dir,
		    enum store_use use, struct error *e)
{
	cleanup_free char *rest = strdup(dir + fixed_length(pattern));
	cleanup_close int fixed =
		rest ? open_fixed(way, pattern, e) : error_sys(e, "%s", dir);

	if (fixed < 0)
		return -1;
	way->fixed = false;
	return open_rest(way, fixed, rest, use, dir, e);
}

/* ---- all ---- */

static int open_cluster(struct store *store, unsigned int job, enum store_use use,
			struct error *e)
{
	struct way way = way_of(store->name);
	cleanup_free char *dir = conf_expand_dir(store->pattern, store->name, job, e);
	cleanup_close int fd = -1;

	if (!dir)
		return -1;
	store->path = str_printf("%s/%s", dir, store->cluster);
	if (!store->path)
		return error_sys(e, "%s", dir);
	fd = open_dir(&way, store->pattern, dir, use, e);
	if (fd < 0)
		return -1;
	store->user = way.user;
	store->fd = way_enter(&way, fd, store->cluster, O_RDONLY, use == STORE_MAKE,
			      store->path, e);
	return store->fd < 0 ? -1 : 0;
}

int store_open(struct store *store, const char *pattern, const char *user,
	       const char *cluster, unsigned int job, enum store_use use, struct error *e)
{
	*store = (struct store){ .fd = -1,
				 .pattern = strdup(pattern),
				 .name = strdup(user),
				 .cluster = strdup(cluster) };
	if (!store->pattern || !store->name || !store->cluster)
		return error_sys(e, "%s", pattern);
	return open_cluster(store, job, use, e);
}

void store_close(struct store *store)
{
	if (store->fd >= 0)
		close(store->fd);
	free(store->path);
	free(store->pattern);
	free(store->name);
	free(store->cluster);
	*store = (struct store){ .fd = -1 };
}

int store_enter(const struct store *store, const char *name, enum store_use use,
		struct error *e)
{
	struct way way = { .user = store->user };
	cleanup_free char *path = str_printf("%s/%s", store->path, name);

	if (!path)
		return error_sys(e, "%s", name);
	return way_enter(&way, store->fd, name, O_RDONLY, use == STORE_MAKE, path, e);
}

int store_judge(const char *pattern, const char *user, struct error *e)
{
	struct way way = way_of(user);
	cleanup_free char *dir = conf_expand_dir(pattern, user, 0, e);
	cleanup_close int fd = dir ? open_dir(&way, pattern, dir, STORE_READ, e) : -1;

	if (fd >= 0 || (dir && !way.fixed && errno == ENOENT))
		return 0;
	return -1;
}
