/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lent.h - files of the node where a job was saved, in the place of this node's while criu
 * restores it (store/node_files.h). The programs that were reading them read on; whatever
 * the job opens afterwards is this node's.
 */
#ifndef ENGINE_CRIU_LENT_H
#define ENGINE_CRIU_LENT_H

#include "engine/engine.h"
#include "engine/sandbox.h"

/* Put those that differ here in their place, for the job's namespace alone. */
int lent_put(const struct sandbox *sb, const struct engine_job *job,
	     const struct generation *gen, struct error *e);

/* Take them away. */
void lent_take_back(const struct sandbox *sb, const struct engine_job *job,
		    const struct generation *gen);

#endif
