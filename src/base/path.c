// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "base/path.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/str.h"

static bool is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISDIR(st.st_mode);
}

char *path_find(const char *name)
{
	const char *path = getenv("PATH");
	cleanup_free char *copy = strdup(path ? path : "");
	char *next = copy, *dir;

	if (!copy)
		return NULL;
	while (name[0] != '/' && name[0] != '.' && (dir = strsep(&next, ":"))) {
		cleanup_free char *file = *dir ? str_printf("%s/%s", dir, name) : NULL;

		if (file && is_file(file))
			return take_ptr(file);
	}
	return strdup(name);
}
