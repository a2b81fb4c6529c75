// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/names.h"

#include <stdlib.h>
#include <string.h>

int names_add(struct names *names, char *name)
{
	char **more =
		name ? realloc(names->names, (names->count + 1) * sizeof(*more)) : NULL;

	if (!more) {
		free(name);
		return -1;
	}
	names->names = more;
	names->names[names->count++] = name;
	return 0;
}

bool names_has(const struct names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++) {
		if (!strcmp(names->names[i], name))
			return true;
	}
	return false;
}

void names_drop(struct names *names, const struct names *other)
{
	size_t kept = 0;

	for (size_t i = 0; i < names->count; i++) {
		if (names_has(other, names->names[i]))
			free(names->names[i]);
		else
			names->names[kept++] = names->names[i];
	}
	names->count = kept;
}

void names_free(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->names[i]);
	free(names->names);
	*names = (struct names){ 0 };
}
