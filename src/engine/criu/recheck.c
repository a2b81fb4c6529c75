// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/criu/recheck.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "engine/criu/used.h"
#include "engine/holdings.h"
#include "store/owners.h"
#include "store/way.h"

struct recheck {
	const struct generation *gen;
	struct way way;
	char **paths; /* that are held */
	size_t count;
};

static int exchanged(const char *path, struct error *e)
{
	cleanup_free char *shown = strdup(path);

	if (shown)
		str_make_printable(shown);
	return error_set(
		e,
		"%s was exchanged while the job was restored, and may be another "
		"user's",
		shown ? shown : "a file");
}

/* Where the path of one that was used leads now, as the kernel says it; or NULL. */
static char *lead(struct way *way, const char *path)
{
	cleanup_close int fd = way_open_file(way, path, O_PATH, NULL);
	cleanup_free char *link = fd < 0 ? NULL : str_printf("/proc/self/fd/%d", fd);
	struct stat st;

	if (!link || fstat(fd, &st) < 0 || S_ISLNK(st.st_mode))
		return NULL;
	return file_read_link(AT_FDCWD, link);
}

/* Is it what root's links lead to from the path of one that was that owner's? */
static bool was_owned(const struct recheck *r, const char *path, uid_t owner)
{
	struct used_file file;
	struct used used;
	bool was = false;
	int rc = used_open(&used, r->gen);

	while (rc == 0 && !was && used_next(&used, &file) > 0) {
		struct way way = r->way;
		cleanup_free char *place =
			owners_allow(&r->gen->manifest, &way, file.path, owner)
				? lead(&way, file.path)
				: NULL;

		was = place && !strcmp(place, path);
		free(file.path);
	}
	used_close(&used);
	return was;
}

/* Can nobody but root and the user have made anything else of a path? */
static bool is_safe(const struct recheck *r, const char *path)
{
	struct way way = r->way;
	cleanup_close int fd = way_open_file(&way, path, O_PATH, NULL);

	return fd >= 0 && !way.exposed && !way.shared;
}

static int recheck_one(void *arg, const struct holding *h, struct error *e)
{
	struct recheck *r = arg;
	char **grown;

	/* A mapping without a name: of nothing that was found by one. */
	if (!strncmp(h->path, "/proc/", 6) || !strncmp(h->path, "/sys/", 5) ||
	    (h->removed && !h->known))
		return 0;
	if (h->known ? !owners_allow(&r->gen->manifest, &r->way, h->path, h->st.st_uid) &&
			       !was_owned(r, h->path, h->st.st_uid)
		     : !is_safe(r, h->path))
		return exchanged(h->path, e);
	grown = reallocarray(r->paths, r->count + 1, sizeof(*grown));
	if (!grown)
		return error_sys(e, "job's files");
	r->paths = grown;
	r->paths[r->count] = strdup(h->path);
	return r->paths[r->count++] ? 0 : error_sys(e, "job's files");
}

static int compare(const void *one, const void *other)
{
	return strcmp(*(char *const *)one, *(char *const *)other);
}

static bool is_held(const struct recheck *r, const char *path)
{
	return path && bsearch(&path, r->paths, r->count, sizeof(path), compare);
}

/* Where somebody else has a hand in the way, it is still by that path that it is held. */
static int recheck_paths(const struct recheck *r, const struct engine_job *job,
			 struct error *e)
{
	struct used_file file;
	struct used used;
	int rc = used_open(&used, r->gen), result = 0;

	while (rc == 0 && result == 0 && used_next(&used, &file) > 0) {
		struct way way = r->way;
		cleanup_free char *place = NULL;

		if (used_is_found_by_path(&file, job) && !is_held(r, file.path) &&
		    !is_safe(r, file.path)) {
			place = lead(&way, file.path);
			if (!is_held(r, place))
				result = exchanged(file.path, e);
		}
		free(file.path);
	}
	used_close(&used);
	return result;
}

int recheck_holdings(const struct sandbox *sb, const struct engine_job *job,
		     const struct generation *gen, struct error *e)
{
	struct recheck r = { .gen = gen, .way = used_way() };
	struct tree tree;
	int rc = tree_read(&tree, sb, e);

	if (rc == 0)
		rc = holdings_visit(&tree, recheck_one, &r, e);
	if (rc == 0) {
		if (r.count)
			qsort(r.paths, r.count, sizeof(*r.paths), compare);
		rc = recheck_paths(&r, job, e);
	}
	for (size_t i = 0; i < r.count; i++)
		free(r.paths[i]);
	free(r.paths);
	tree_free(&tree);
	return rc;
}
