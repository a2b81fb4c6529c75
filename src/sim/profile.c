// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/profile.h"

#include <stdlib.h>
#include <string.h>

static int insert(struct profile *p, size_t index, int64_t at, uint64_t free)
{
	if (p->count == p->room) {
		size_t room = p->room ? 2 * p->room : 64;
		void *steps = reallocarray(p->steps, room, sizeof(p->steps[0]));

		if (!steps)
			return -1;
		p->steps = steps;
		p->room = room;
	}
	memmove(p->steps + index + 1, p->steps + index,
		(p->count - index) * sizeof(p->steps[0]));
	p->steps[index] = (struct profile_step){ .at = at, .free = free };
	p->count++;
	return 0;
}

int profile_begin(struct profile *p, int64_t now, uint64_t free)
{
	p->count = 0;
	return insert(p, 0, now, free);
}

int profile_append(struct profile *p, int64_t at, uint64_t cpus)
{
	struct profile_step *last = &p->steps[p->count - 1];

	if (last->at >= at) {
		last->free += cpus;
		return 0;
	}
	return insert(p, p->count, at, last->free + cpus);
}

int64_t profile_find(const struct profile *p, uint64_t cpus, int64_t seconds)
{
	int64_t from = -1;

	for (size_t i = 0; i < p->count; i++) {
		if (from >= 0 && p->steps[i].at >= from + seconds)
			return from;
		if (p->steps[i].free < cpus)
			from = -1;
		else if (from < 0)
			from = p->steps[i].at;
	}
	return from;
}

/* A step that begins at this moment: its index; -1 without memory. */
static long step_at(struct profile *p, int64_t at)
{
	size_t i = p->count;

	while (i > 0 && p->steps[i - 1].at > at)
		i--;
	if (i > 0 && p->steps[i - 1].at == at)
		return (long)i - 1;
	return insert(p, i, at, p->steps[i - 1].free) < 0 ? -1 : (long)i;
}

int profile_reserve(struct profile *p, int64_t at, int64_t seconds, uint64_t cpus)
{
	long first = step_at(p, at), end = step_at(p, at + seconds);

	if (first < 0 || end < 0)
		return -1;
	for (long i = first; i < end; i++)
		p->steps[i].free -= cpus;
	return 0;
}

void profile_free(struct profile *p)
{
	free(p->steps);
	*p = (struct profile){ 0 };
}
