// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "slurm/hosts.h"

#include <slurm/slurm.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"

static int add(struct hosts *hosts, char *name)
{
	char **grown = reallocarray(hosts->names, hosts->count + 1, sizeof(*grown));

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
	__auto_type list = slurm_hostlist_create(text);
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
	__auto_type list = slurm_hostlist_create(text);
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
	__auto_type list = slurm_hostlist_create(one);
	__auto_type wanted = slurm_hostlist_create(other);
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
