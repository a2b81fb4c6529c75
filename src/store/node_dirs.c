// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "store/node_dirs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"

static const char *const roots[] = { "/tmp/", "/var/tmp/" };

/* The path behind such a root; NULL if it is below none. */
static const char *behind_root(const char *path)
{
	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		if (!strncmp(path, roots[i], strlen(roots[i])))
			return path + strlen(roots[i]);
	}
	return NULL;
}

bool node_dirs_hold(const char *path)
{
	return behind_root(path) != NULL;
}

/* The path of a line "MODE PATH", or NULL. */
static char *path_of(char *line)
{
	char *path = strchr(line, ' ');

	return path ? path + 1 : NULL;
}

bool node_dirs_noted(const struct manifest *m, const char *path)
{
	const char *all = manifest_get(m, NODE_DIRS);
	cleanup_free char *copy = all ? strdup(all) : NULL;
	char *rest = copy, *line;

	while (rest && (line = strsep(&rest, "\n"))) {
		const char *noted = path_of(line);

		if (noted && !strcmp(noted, path))
			return true;
	}
	return false;
}

static int note_one(struct manifest *m, const char *path)
{
	const char *all = manifest_get(m, NODE_DIRS);
	cleanup_free char *more = NULL;
	struct stat st;

	if (lstat(path, &st) < 0 || !S_ISDIR(st.st_mode) || node_dirs_noted(m, path))
		return 0;
	more = str_printf("%s%o %s\n", all ? all : "", (unsigned int)st.st_mode & 07777,
			  path);
	return more ? manifest_set(m, NODE_DIRS, "%s", more) : -1;
}

int node_dirs_note(struct manifest *m, const char *path)
{
	cleanup_free char *copy = strdup(path);
	const char *behind = copy ? behind_root(copy) : NULL;
	char *slash = behind ? strchr(copy + (behind - copy), '/') : NULL;

	if (!copy || !behind || strchr(path, '\n'))
		return copy ? 0 : -1;
	for (; slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (note_one(m, copy) < 0)
			return -1;
		*slash = '/';
	}
	return note_one(m, copy);
}

static int make_one(const char *path, mode_t mode, struct error *e)
{
	struct stat st;

	if (!node_dirs_hold(path))
		return error_set(e, "%s is no directory of a node", path);
	if (mkdir(path, 0700) == 0)
		return chmod(path, mode & 07777) < 0 ? error_sys(e, "%s", path) : 0;
	if (errno != EEXIST || lstat(path, &st) < 0)
		return error_sys(e, "%s", path);
	if (S_ISDIR(st.st_mode) && st.st_uid == geteuid())
		return 0;
	return error_set(
		e,
		"%s, which the job uses, is not a directory of its user's on this "
		"node; have it removed",
		path);
}

int node_dirs_make(const struct manifest *m, struct error *e)
{
	const char *all = manifest_get(m, NODE_DIRS);
	cleanup_free char *copy = all ? strdup(all) : NULL;
	char *rest = copy, *line;

	while (rest && (line = strsep(&rest, "\n"))) {
		const char *path = path_of(line);

		if (path && make_one(path, (mode_t)strtoul(line, NULL, 8), e) < 0)
			return -1;
	}
	return 0;
}
