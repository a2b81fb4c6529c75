/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * selftest.h - does an engine really work on this node?
 *
 * A tiny job of ours (selftest_job.c) is started, saved, restored and looked at by the
 * engine's own functions, as the job would be: by the same user, with the same
 * configuration, in a sandbox of the same kind, with standard input and output as Slurm
 * gives them to a batch job. It takes some tenths of a second, and is given up after
 * seconds. What came of it is remembered (verdict.h) for as long as the node is not
 * booted, and the engine and what it depends on are the same.
 *
 * Of many jobs that start at once on a node one does it, and the others wait for it.
 */
#ifndef ENGINE_SELFTEST_H
#define ENGINE_SELFTEST_H

#include "engine/engine.h"

enum selftest_when {
	SELFTEST_IF_UNKNOWN,
	SELFTEST_ANEW, /* whatever is remembered */
};

/*
 * job->scratch must be set. -1 and one sentence that says what failed; 0 as well for an
 * engine that has no self-test.
 */
int selftest(const struct engine *engine, const struct engine_job *job,
	     enum selftest_when when, struct error *e);

/* Is it remembered that it works? Nothing is tried. */
bool selftest_is_passed(const struct engine *engine, const struct engine_job *job);

/* For engine.identify: write which file it is that the engine depends on. */
void selftest_identify_file(FILE *out, const char *path);

#endif
