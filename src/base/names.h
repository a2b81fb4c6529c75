/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * names.h - a list of names, in the order in which they came.
 */
#ifndef BASE_NAMES_H
#define BASE_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/* All zero to begin with. */
struct names {
	char **names;
	size_t count;
};

/* Take the name, which is the list's from then on. -1 without memory, also for NULL. */
int names_add(struct names *names, char *name);

bool names_has(const struct names *names, const char *name);

/* Take out those that are in the other list. */
void names_drop(struct names *names, const struct names *other);

void names_free(struct names *names);

#endif
