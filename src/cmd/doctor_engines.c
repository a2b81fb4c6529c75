// SPDX-License-Identifier: GPL-2.0-or-later
/* doctor_engines - have each engine save and restore a tiny job. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "cmd/doctor.h"
#include "engine/criu/numbers.h"
#include "engine/engine.h"
#include "engine/selftest.h"
#include "runner/scratch.h"

struct ward {
	const struct doctor *d;
	struct engine_job job;
	unsigned int working;
	unsigned int told; /* of those that do not */
};

static void tell_works(struct ward *w, const struct engine *engine)
{
	cleanup_free char *version = engine->version(w->job.conf, NULL);
	cleanup_free char *use = str_printf("engine %s", engine->name);

	w->working++;
	doctor_find(w->d, FINDING_RIGHT, use ? use : "engine", "",
		    "%s %s can save jobs: a tiny one was saved and continued",
		    engine->name, version ? version : "");
}

/* The other kind of network, which some of the jobs have. */
static void try_own_network(struct ward *w, const struct engine *engine)
{
	struct wishes wishes;
	struct engine_job job = w->job;
	struct error why;

	wishes_init(&wishes);
	wishes.net = WISH_NET_PRIVATE;
	job.wishes = &wishes;
	if (engine->mounts && (engine_probe(engine, &job, &why) < 0 ||
			       selftest(engine, &job, SELFTEST_ANEW, &why) < 0))
		doctor_find(w->d, FINDING_ADVICE, "network", "",
			    "jobs with a network of their own, as with mpirun, cannot be "
			    "saved: %s",
			    why.text);
}

static void try_engine(struct ward *w, const char *name)
{
	const struct engine *engine = engine_find(name);
	cleanup_free char *use = str_printf("engine %s", name);
	struct error why;
	int rc = engine ? engine_probe(engine, &w->job, &why) : PROBE_UNWANTED;

	if (rc == 0)
		rc = selftest(engine, &w->job, SELFTEST_ANEW, &why);
	if (rc == 0) {
		tell_works(w, engine);
		try_own_network(w, engine);
	} else if (rc != PROBE_UNWANTED) {
		w->told++;
		doctor_find(w->d, FINDING_MISSING, use ? use : "engine", "",
			    "no job can be saved by %s: %s", name, why.text);
	}
}

static void try_all(struct ward *w)
{
	cleanup_free char *names = strdup(engine_order(w->job.conf));
	char *rest = names, *name;

	while (rest && (name = strsep(&rest, ",")))
		try_engine(w, name);
	if (!w->working && !w->told)
		doctor_find(w->d, FINDING_MISSING, "engine", "",
			    "no job can be saved: no engine is installed but app, for "
			    "programs that save themselves");
}

void doctor_engines(const struct doctor *d)
{
	struct task task = { .conf = d->s->conf };
	struct ward w = { .d = d,
			  .job = { .conf = &d->s->conf, .nodes = 1, .cancel_fd = -1 } };
	struct scratch scratch;
	sigset_t all, before;
	struct error e;

	if (scratch_make(&scratch, &task, &e) < 0) {
		doctor_find(d, FINDING_MISSING, "engine", "checkpoint.conf: TmpDir",
			    "no job can be saved: %s", e.text);
		return;
	}
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	w.job.scratch = scratch.run;
	try_all(&w);
	if (numbers_are_few(&e))
		doctor_find(d, FINDING_ADVICE, "process numbers",
			    "sysctl: kernel.pid_max=4194304", "%s", e.text);
	scratch_remove(&scratch);
	sigprocmask(SIG_SETMASK, &before, NULL);
}
