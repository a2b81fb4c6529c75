// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/placement.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[PLACEMENT_FIELDS] = {
	[PLACEMENT_NODELIST] = "nodelist",
	[PLACEMENT_EXCLUDE] = "exclude",
	[PLACEMENT_PARTITION] = "partition",
	[PLACEMENT_CONSTRAINT] = "constraint",
};

const char *placement_name(enum placement_field field)
{
	return names[field];
}

int placement_put(struct placement *p, enum placement_field field, const char *value)
{
	char *copy = strdup(value);

	if (!copy)
		return -1;
	free(p->value[field]);
	p->value[field] = copy;
	return 0;
}

bool placement_is_empty(const struct placement *p)
{
	for (int i = 0; i < PLACEMENT_FIELDS; i++) {
		if (p->value[i])
			return false;
	}
	return true;
}

int placement_merge(struct placement *p, const struct placement *over)
{
	for (int i = 0; i < PLACEMENT_FIELDS; i++) {
		if (over->value[i] &&
		    placement_put(p, (enum placement_field)i, over->value[i]) < 0)
			return -1;
	}
	return 0;
}

static int change_field(const struct placement *kept, const struct placement *current,
			const struct placement *wanted, enum placement_field f,
			struct placement *next, struct placement *keep)
{
	const char *own = kept->value[f] ? kept->value[f] : current->value[f];

	if (!wanted->value[f])
		return kept->value[f] ? placement_put(next, f, own) : 0;
	if (placement_put(next, f, wanted->value[f]) < 0)
		return -1;
	if (!strcmp(wanted->value[f], own ? own : ""))
		return 0;
	return placement_put(keep, f, own ? own : "");
}

int placement_change(const struct placement *kept, const struct placement *current,
		     const struct placement *wanted, struct placement *next,
		     struct placement *keep)
{
	for (int i = 0; i < PLACEMENT_FIELDS; i++) {
		if (change_field(kept, current, wanted, (enum placement_field)i, next,
				 keep) < 0)
			return -1;
	}
	return 0;
}

void placement_free(struct placement *p)
{
	for (int i = 0; i < PLACEMENT_FIELDS; i++)
		free(p->value[i]);
	*p = (struct placement){ 0 };
}
