// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/owners.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"

static bool is_noted(const char *all, const char *line)
{
	size_t length = strlen(line);

	for (const char *at = all; (at = strstr(at, line)); at += length) {
		if ((at == all || at[-1] == '\n') && at[length] == '\n')
			return true;
	}
	return false;
}

int owners_note(struct manifest *m, const struct way *way, const char *path, uid_t owner)
{
	const char *all = manifest_get(m, OWNERS);
	cleanup_free char *line = NULL;
	cleanup_free char *more = NULL;

	if (!all && manifest_set(m, OWNERS, "%s", "") < 0)
		return -1;
	/* One with a line break is not found again, and so not allowed. */
	if (way_trusts(way, owner) || strchr(path, '\n'))
		return 0;
	all = manifest_get(m, OWNERS);
	line = str_printf("%u %s", owner, path);
	if (!line || is_noted(all, line))
		return line ? 0 : -1;
	more = str_printf("%s%s\n", all, line);
	return more ? manifest_set(m, OWNERS, "%s", more) : -1;
}

bool owners_allow(const struct manifest *m, const struct way *way, const char *path,
		  uid_t owner)
{
	const char *all = manifest_get(m, OWNERS);
	cleanup_free char *line = NULL;

	if (!all || way_trusts(way, owner))
		return true;
	line = str_printf("%u %s", owner, path);
	return line && is_noted(all, line);
}
