// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/dmtcp/inherited.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "engine/dmtcp/dmtcp.h"
#include "engine/dmtcp/processes.h"

/* As DMTCP_ATTR_LIMITS, owned by the caller. */
static char *write_limits(const struct rlimit *limits)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	for (int i = 0; f && i < RLIM_NLIMITS; i++)
		fprintf(f, "%s%ju:%ju", i ? " " : "", (uintmax_t)limits[i].rlim_cur,
			(uintmax_t)limits[i].rlim_max);
	if (f && fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}

static bool read_limits(const char *text, struct rlimit *limits)
{
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		uintmax_t soft, hard;
		int used;

		if (!text || sscanf(text, "%ju:%ju%n", &soft, &hard, &used) != 2)
			return false;
		limits[i] = (struct rlimit){ .rlim_cur = soft, .rlim_max = hard };
		text += used;
	}
	return true;
}

int inherited_save(const struct tree *tree, struct generation *gen, struct error *e)
{
	struct manifest *m = &gen->manifest;
	struct rlimit limits[RLIM_NLIMITS];
	cleanup_free char *text = NULL;
	mode_t mask;

	if (processes_umask(tree, &mask, e) < 0 || processes_limits(tree, limits, e) < 0)
		return -1;
	text = write_limits(limits);
	if (!text || manifest_set(m, DMTCP_ATTR_LIMITS, "%s", text) < 0 ||
	    manifest_set(m, DMTCP_ATTR_UMASK, "%04o", (unsigned int)mask) < 0)
		return error_sys(e, "dmtcp");
	return 0;
}

void inherited_load(struct inherited *inherited, const struct generation *gen)
{
	const struct manifest *m = &gen->manifest;
	const char *mask = manifest_get(m, DMTCP_ATTR_UMASK);
	unsigned int value = 0;

	inherited->has_umask = mask && sscanf(mask, "%o", &value) == 1;
	inherited->umask = value & 0777;
	inherited->has_limits =
		read_limits(manifest_get(m, DMTCP_ATTR_LIMITS), inherited->limits);
}
