// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "engine/selftest.h"

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

/* What is told of engines of which none will do. */
struct refusals {
	struct error all;   /* the names and sentences of those that might have, */
	struct error first; /* and the first sentence alone */
	size_t count;
	struct error unwanted; /* or of one that nobody expects to */
};

static void refuse(struct refusals *r, const char *name, int rc, const struct error *why)
{
	if (rc == PROBE_UNWANTED) {
		if (!r->unwanted.text[0])
			r->unwanted = *why;
		return;
	}
	if (r->count++ == 0)
		r->first = *why;
	add_reason(&r->all, name, why);
}

static int none_will_do(const struct refusals *r, struct error *e)
{
	/* Of one there is no need to say which. */
	if (r->count > 1)
		*e = r->all;
	else
		*e = r->count == 1 ? r->first : r->unwanted;
	return -1;
}

/* *passed: its self-test has shown already that it works. */
static int probe(const struct engine *engine, const struct engine_job *job, bool *passed,
		 struct error *e)
{
	int rc = engine->probe(job, e);

	*passed = rc == 0 && selftest_is_passed(engine, job);
	if (rc == 0 && engine->ready && !*passed)
		rc = engine->ready(job, e);
	return rc;
}

int engine_probe(const struct engine *engine, const struct engine_job *job,
		 struct error *e)
{
	bool passed;

	return probe(engine, job, &passed, e);
}

static int try_engine(const struct engine *engine, const struct engine_job *job,
		      struct error *e)
{
	bool passed;
	int rc = probe(engine, job, &passed, e);

	if (rc == 0 && job->scratch && !passed)
		rc = selftest(engine, job, SELFTEST_IF_UNKNOWN, e);
	return rc;
}

static int choose_from(const char *names, const struct engine_job *job,
		       struct engine_choice *choice, struct error *e)
{
	cleanup_free char *copy = strdup(names);
	char *rest = copy, *name;
	struct refusals refusals = { .count = 0 };

	while (rest && (name = strsep(&rest, ","))) {
		int rc;

		choice->engine = engine_find(name);
		if (!choice->engine)
			continue;
		rc = try_engine(choice->engine, job, e);
		if (rc == 0)
			return 0;
		add_reason(&choice->passed_over, name, e);
		refuse(&refusals, name, rc, e);
	}
	return none_will_do(&refusals, e);
}

const char *engine_order(const struct conf *conf)
{
	static const char all[] = "" ENGINES(NAME);

	return conf->engines ? conf->engines : all + 1;
}

int engine_choose(const struct engine_job *job, struct engine_choice *choice,
		  struct error *e)
{
	const struct wishes *w = job->wishes;
	const char *names = engine_order(job->conf);

	memset(choice, 0, sizeof(*choice));
	if (w && w->engine)
		names = w->engine;
	else if (w && w->signal)
		names = engine_app.name; /* nothing else would send it */
	return choose_from(names, job, choice, e);
}
