// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "slurm/hosts.h"

#include <slurm/slurm.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"

/* ---- how many there would be ---- */

/* Of "1-4,7" up to its "]": how many. */
static unsigned long long count_ranges(const char **text)
{
	unsigned long long sum = 0;
	const char *p = *text;

	while (*p && *p != ']') {
		char *end;
		unsigned long long low = strtoull(p, &end, 10), high = low;

		if (end == p)
			break;
		if (*end == '-')
			high = strtoull(end + 1, &end, 10);
		if (high < low || high - low > HOSTS_MAX)
			return HOSTS_MAX + 1;
		sum += high - low + 1;
		p = *end == ',' ? end + 1 : end;
		if (sum > HOSTS_MAX)
			return HOSTS_MAX + 1;
	}
	*text = p + strcspn(p, "]");
	return sum ? sum : 1;
}

/*
 * Before libslurm makes them: users write lists, too, and a few bytes of them can stand
 * for more hosts than there is memory for.
 */
bool hosts_are_too_many(const char *text)
{
	unsigned long long hosts = 0, here = 1;

	for (; hosts <= HOSTS_MAX; text++) {
		if (*text == '[') {
			text++;
			here *= count_ranges(&text);
			if (here > HOSTS_MAX)
				return true;
		}
		if (*text != ',' && *text)
			continue;
		hosts += here;
		here = 1;
		if (!*text)
			break;
	}
	return hosts > HOSTS_MAX;
}

/* ---- lists ---- */

static int add(struct hosts *hosts, char *name)
{
	char **grown = hosts->names;

	/* Room was made at the last power of two. */
	if (!(hosts->count & (hosts->count - 1)))
		grown = reallocarray(grown, hosts->count ? hosts->count * 2 : 1,
				     sizeof(*grown));
	if (!grown) {
		free(name);
		return -1;
	}
	hosts->names = grown;
	grown[hosts->count++] = name;
	return 0;
}

int hosts_expand(const char *text, struct hosts *hosts)
{
	__auto_type list = hosts_are_too_many(text) ? NULL : slurm_hostlist_create(text);
	char *name;
	int rc = 0;

	*hosts = (struct hosts){ 0 };
	if (!list)
		return -1;
	while (rc == 0 && (name = slurm_hostlist_shift(list)))
		rc = add(hosts, name);
	slurm_hostlist_destroy(list);
	return rc;
}

void hosts_free(struct hosts *hosts)
{
	for (size_t i = 0; i < hosts->count; i++)
		free(hosts->names[i]);
	free(hosts->names);
	*hosts = (struct hosts){ 0 };
}

/* Of a text that is a hostlist. */
static char *normalize(const char *text)
{
	__auto_type list = hosts_are_too_many(text) ? NULL : slurm_hostlist_create(text);
	char *ranged = NULL;

	if (!list)
		return NULL;
	slurm_hostlist_uniq(list);
	/* Never longer than what it was made of, but for the brackets. */
	for (size_t size = strlen(text) + 16; !ranged; size *= 2) {
		ranged = malloc(size);
		if (!ranged || slurm_hostlist_ranged_string(list, size, ranged) >= 0)
			break;
		free(ranged);
		ranged = NULL;
	}
	slurm_hostlist_destroy(list);
	return ranged;
}

char *hosts_compress(char *const *names, size_t count)
{
	cleanup_free char *all = NULL;
	size_t size;
	FILE *out = open_memstream(&all, &size);

	if (!out)
		return NULL;
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%s%s", i ? "," : "", names[i]);
	if (fclose(out) != 0)
		return NULL;
	return normalize(all);
}

char *hosts_join(const char *one, const char *other)
{
	cleanup_free char *both =
		str_printf("%s%s%s", one, *one && *other ? "," : "", other);

	return both ? normalize(both) : NULL;
}

bool hosts_meet(const char *one, const char *other)
{
	__auto_type list = hosts_are_too_many(one) ? NULL : slurm_hostlist_create(one);
	__auto_type wanted =
		hosts_are_too_many(other) ? NULL : slurm_hostlist_create(other);
	bool found = false;
	char *name;

	while (list && wanted && !found && (name = slurm_hostlist_shift(list))) {
		found = slurm_hostlist_find(wanted, name) >= 0;
		free(name);
	}
	if (list)
		slurm_hostlist_destroy(list);
	if (wanted)
		slurm_hostlist_destroy(wanted);
	return found;
}

bool hosts_within(const char *one, const char *other)
{
	struct hosts hosts;
	bool within = hosts_expand(one, &hosts) == 0 && hosts.count > 0;

	for (size_t i = 0; within && i < hosts.count; i++)
		within = hosts_meet(hosts.names[i], other);
	hosts_free(&hosts);
	return within;
}
