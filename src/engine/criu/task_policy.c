// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/criu/task_policy.h"

#include <linux/mempolicy.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"

/* Of linux/mempolicy.h, which older ones lack. */
#define PREFERRED_MANY	    5
#define WEIGHTED_INTERLEAVE 6
#define NUMA_BALANCING	    (1 << 13)

static const struct {
	const char *kernel; /* in numa_maps */
	const char *name;
	int mode;
} modes[] = {
	{ "default", "default", MPOL_DEFAULT },
	{ "prefer (many)", "prefer-many", PREFERRED_MANY },
	{ "prefer", "prefer", MPOL_PREFERRED },
	{ "bind", "bind", MPOL_BIND },
	{ "interleave", "interleave", MPOL_INTERLEAVE },
	{ "local", "local", MPOL_LOCAL },
	{ "weighted interleave", "weighted-interleave", WEIGHTED_INTERLEAVE },
};

#define MODES (sizeof(modes) / sizeof(modes[0]))

/* ---- what it is ---- */

/* What stands behind a mode's name: its flags, its nodes, or the next word. */
static bool ends_mode(const char *text)
{
	return strchr("=: \n", *text) != NULL; /* or the end */
}

char *policy_of_line(const char *line)
{
	const char *policy = strchr(line, ' ');

	if (!policy)
		return NULL;
	policy++;
	for (size_t i = 0; i < MODES; i++) {
		const size_t length = strlen(modes[i].kernel);
		const char *rest = policy + length;

		if (strncmp(policy, modes[i].kernel, length) == 0 && ends_mode(rest))
			return str_printf("%s%.*s", modes[i].name,
					  (int)strcspn(rest, " \n"), rest);
	}
	return NULL;
}

/* ---- what it is to be ---- */

static int find_mode(const char *value, size_t length)
{
	for (size_t i = 0; i < MODES; i++) {
		if (strlen(modes[i].name) == length &&
		    strncmp(value, modes[i].name, length) == 0)
			return modes[i].mode;
	}
	return -1;
}

/*
 * Static and relative nodes are kept alike: that the kernel shows those in force, and
 * where they lie is for us to say.
 */
static int flags_of(const char *value)
{
	const size_t length = strcspn(value, ":");
	const char *flags = memchr(value, '=', length);
	cleanup_free char *text =
		flags ? strndup(flags, length - (size_t)(flags - value)) : NULL;

	if (!text)
		return 0;
	return (strstr(text, "static") ? MPOL_F_STATIC_NODES : 0) |
	       (strstr(text, "balancing") ? NUMA_BALANCING : 0);
}

static void put_nodes(struct policy *p, const struct numbers *nodes)
{
	const size_t bits = 8 * sizeof(unsigned long);

	for (size_t i = 0; i < POLICY_LONGS * bits; i++) {
		if (numbers_has(nodes, i))
			p->nodes[i / bits] |= 1UL << (i % bits);
	}
	p->has_nodes = true;
}

int policy_parse(struct policy *p, const char *value, struct task_move *move)
{
	const char *list = strchr(value, ':');
	struct numbers bound, there;
	int mode = find_mode(value, strcspn(value, "=:"));

	*p = (struct policy){ .mode = mode | flags_of(value) };
	if (mode < 0 || (list && numbers_parse(&bound, list + 1) < 0))
		return -1;
	if (!list)
		return 0;
	move->nodes = numbers_move(&there, &bound, &move->had.nodes, &move->has.nodes);
	put_nodes(p, &there);
	return 0;
}
