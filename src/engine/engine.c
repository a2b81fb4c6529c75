// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/engine.h"

#include <stddef.h>
#include <string.h>

/* In the order in which they are tried. */
static const struct engine *const engines[] = { &engine_criu };

#define NENGINES (sizeof(engines) / sizeof(engines[0]))

const struct engine *engine_find(const char *name)
{
	for (size_t i = 0; i < NENGINES; i++) {
		if (!strcmp(engines[i]->name, name))
			return engines[i];
	}
	return NULL;
}

const struct engine *engine_choose(const struct engine_job *job, struct error *e)
{
	for (size_t i = 0; i < NENGINES; i++) {
		if (engines[i]->probe(job, e) == 0)
			return engines[i];
	}
	return NULL;
}
