// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define ADDRESS(engine) &engine_##engine,
#define NAME(engine)	"," #engine

static const struct engine *const engines[] = { ENGINES(ADDRESS) };

#define NENGINES (sizeof(engines) / sizeof(engines[0]))

const struct engine *engine_find(const char *name)
{
	for (size_t i = 0; i < NENGINES; i++) {
		if (!strcmp(engines[i]->name, name))
			return engines[i];
	}
	return NULL;
}

/* "reasons; name: why" */
static void add_reason(struct error *reasons, const char *name, const struct error *why)
{
	struct error before = *reasons;

	if (before.text[0])
		error_set(reasons, "%s; %s: %s", before.text, name, why->text);
	else
		error_set(reasons, "%s: %s", name, why->text);
}

static int choose_from(const char *names, const struct engine_job *job,
		       struct engine_choice *choice, struct error *e)
{
	cleanup_free char *copy = strdup(names);
	char *rest = copy, *name;
	size_t tried = 0;

	while (rest && (name = strsep(&rest, ","))) {
		choice->engine = engine_find(name);
		if (choice->engine && choice->engine->probe(job, e) == 0)
			return 0;
		if (choice->engine)
			add_reason(&choice->passed_over, name, e);
		tried++;
	}
	/* Of one there is no need to say which. */
	if (tried > 1)
		*e = choice->passed_over;
	return -1;
}

int engine_choose(const struct engine_job *job, struct engine_choice *choice,
		  struct error *e)
{
	static const char all[] = "" ENGINES(NAME);

	memset(choice, 0, sizeof(*choice));
	if (job->wishes && job->wishes->engine)
		return choose_from(job->wishes->engine, job, choice, e);
	return choose_from(job->conf->engines ? job->conf->engines : all + 1, job, choice,
			   e);
}
