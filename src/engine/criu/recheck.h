/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * recheck.h - do the restored processes, which do not run yet, hold what they were to?
 *
 * What a job used was looked at by path (files.h), and then criu opened it by path: who
 * has a hand in the way to it may have put something else there in between.
 */
#ifndef ENGINE_CRIU_RECHECK_H
#define ENGINE_CRIU_RECHECK_H

#include "engine/engine.h"
#include "engine/sandbox.h"

/*
 * -1 and one sentence if something that they hold is another user's, and was not when the
 * job was saved (owners.h); or if they do not hold, by its path, what the job used where
 * another user could have exchanged it.
 */
int recheck_holdings(const struct sandbox *sb, const struct engine_job *job,
		     const struct generation *gen, struct error *e);

#endif
