/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * files.h - the files that a job had open or mapped when it was saved: are they on this
 * node as they were? criu looks at the same, but when it restores, one by one, and says
 * "has bad size"; here it is known before anything was done, so that the job can be sent
 * to a node that has them.
 */
#ifndef ENGINE_CRIU_FILES_H
#define ENGINE_CRIU_FILES_H

#include "engine/engine.h"

/*
 * Compare those that are not the job's own, and so are not in the generation or put back
 * with it. -1 and one sentence that names the first that is missing or another one, and in
 * errno ENOENT if it is gone from all nodes. What cannot be told, as of images that cannot
 * be read, is left to criu.
 */
int files_check(const struct engine_job *job, const struct generation *gen,
		struct error *e);

#endif
