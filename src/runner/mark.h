/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mark.h - how long the outputs were when a job that saves itself last did so.
 *
 * What such a job has saved is not in the generation, and the job goes on from the newest
 * it has, whichever generation is whole. So its outputs must not be cut to what an older
 * one says: it would not write the rest again. What it keeps in TMPDIR is in the
 * generation; then the generation alone counts.
 */
#ifndef RUNNER_MARK_H
#define RUNNER_MARK_H

#include <stdbool.h>

#include "store/generation.h"
#include "store/output.h"

/*
 * The job has saved itself, for the generation gen, which is all but committed: set the
 * mark, or remove it if TMPDIR is in gen. Refused as generation_commit() is.
 */
int mark_set(const struct folder *folder, const struct generation *gen, struct error *e);

/*
 * Put the outputs back to the mark, if it is of a save after that for gen. False, with
 * nothing changed, if there is none, or they cannot be put back to it.
 */
bool mark_put_back(const struct folder *folder, const struct generation *gen,
		   const struct output_past *past);

/* Forget it: the job is to go on from an earlier state of its own, or to start over. */
void mark_remove(const struct folder *folder);

#endif
