// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "base/cgroup_memory.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"

#define FILE_MAX ((size_t)1 << 20) /* bytes of a file of the kernel's */

/* The files of both versions; caches are what memory.stat has under these names. */
static const struct version {
	const char *limit, *usage;
	const char *caches[2];
} versions[] = {
	{ "memory.max", "memory.current", { "inactive_file ", "active_file " } },
	{ "memory.limit_in_bytes",
	  "memory.usage_in_bytes",
	  { "total_inactive_file ", "total_active_file " } },
};

/* ---- one cgroup ---- */

static char *read_in(const char *dir, const char *name)
{
	cleanup_free char *path = str_printf("%s/%s", dir, name);
	size_t size;

	return path ? file_read(AT_FDCWD, path, FILE_MAX, &size, NULL) : NULL;
}

/* "max", or what is not there, is no number. */
static bool read_number(const char *dir, const char *name, uint64_t *number)
{
	cleanup_free char *text = read_in(dir, name);
	char *end;

	if (!text)
		return false;
	*number = strtoull(text, &end, 10);
	return end != text;
}

static uint64_t cached(const char *dir, const struct version *version)
{
	cleanup_free char *text = read_in(dir, "memory.stat");
	uint64_t sum = 0;

	for (char *line = text; line && *line;
	     line = strchr(line, '\n'), line += !!line) {
		for (size_t i = 0; i < 2; i++) {
			const char *name = version->caches[i];

			if (!strncmp(line, name, strlen(name)))
				sum += strtoull(line + strlen(name), NULL, 10);
		}
	}
	return sum;
}

uint64_t cgroup_memory_room_of(const char *dir)
{
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		uint64_t limit, usage, free;

		if (!read_number(dir, versions[i].limit, &limit) ||
		    !read_number(dir, versions[i].usage, &usage))
			continue;
		free = cached(dir, &versions[i]);
		free += limit > usage ? limit - usage : 0;
		return free < limit ? free : limit;
	}
	return CGROUP_MEMORY_UNLIMITED;
}

/* ---- where ours is ---- */

static bool has_word(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = list; (at = strstr(at, word)); at++) {
		if ((at == list || at[-1] == ',') &&
		    (at[length] == ',' || at[length] == '\0'))
			return true;
	}
	return false;
}

/*
 * A line of /proc/self/cgroup: number, controllers (none: version 2) and path. Owned by
 * the caller; NULL if it is not that of our memory.
 */
static char *path_of(char *line, bool second)
{
	char *controllers = strchr(line, ':');
	char *path = controllers ? strchr(++controllers, ':') : NULL;

	if (!path)
		return NULL;
	*path++ = '\0';
	path[strcspn(path, "\n")] = '\0';
	return (second ? !*controllers : has_word(controllers, "memory")) ? strdup(path)
									  : NULL;
}

static char *find_path(bool second)
{
	cleanup_fclose FILE *f = fopen("/proc/self/cgroup", "re");
	cleanup_free char *line = NULL;
	size_t room = 0;

	while (f && getline(&line, &room, f) > 0) {
		char *path = path_of(line, second);

		if (path)
			return path;
	}
	return NULL;
}

/* A line of /proc/self/mountinfo (proc(5)), of whose words a mount's root is the 4th. */
static bool mount_of(char *line, bool second, char **root, char **point)
{
	char *rest = strstr(line, " - "), *type, *options = NULL;

	if (!rest)
		return false;
	*rest = '\0';
	rest += strlen(" - ");
	type = strsep(&rest, " ");
	(void)strsep(&rest, " ");
	options = strsep(&rest, " \n");
	for (int i = 0; i < 3; i++)
		(void)strsep(&line, " ");
	*root = strsep(&line, " ");
	*point = strsep(&line, " ");
	if (!*point || !options)
		return false;
	return second ? !strcmp(type, "cgroup2")
		      : !strcmp(type, "cgroup") && has_word(options, "memory");
}

/* The directory of a path of ours below a mount; owned by the caller, or NULL. */
static char *find_dir(const char *path, bool second)
{
	cleanup_fclose FILE *f = fopen("/proc/self/mountinfo", "re");
	cleanup_free char *line = NULL;
	size_t room = 0;

	while (f && getline(&line, &room, f) > 0) {
		char *root, *point;
		size_t length;

		if (!mount_of(line, second, &root, &point))
			continue;
		length = strcmp(root, "/") ? strlen(root) : 0;
		if (strncmp(path, root, length) != 0)
			length = 0;
		return str_printf("%s%s", point, path + length);
	}
	return NULL;
}

/* Of a directory and those above it, of which the mount's are the last to say anything. */
static uint64_t least(char *dir)
{
	uint64_t least = cgroup_memory_room_of(dir);
	char *slash;

	while ((slash = strrchr(dir, '/')) && slash > dir) {
		uint64_t room;

		*slash = '\0';
		room = cgroup_memory_room_of(dir);
		least = room < least ? room : least;
	}
	return least;
}

uint64_t cgroup_memory_room(void)
{
	for (int second = 1; second >= 0; second--) {
		cleanup_free char *path = find_path(second);
		cleanup_free char *dir = path ? find_dir(path, second) : NULL;
		uint64_t room = dir ? least(dir) : CGROUP_MEMORY_UNLIMITED;

		if (room != CGROUP_MEMORY_UNLIMITED)
			return room;
	}
	return CGROUP_MEMORY_UNLIMITED;
}
