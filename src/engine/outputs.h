/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * outputs.h - the files that a job writes, told to whoever asked for a dump.
 */
#ifndef ENGINE_OUTPUTS_H
#define ENGINE_OUTPUTS_H

#include "engine/engine.h"
#include "engine/tree.h"

/*
 * Call dump->output for each regular file that a process of the tree has open for
 * writing, but not for the node's own, as those in the job's TMPDIR, nor for what is
 * below the engine's own directory (or NULL): these are not put back by length.
 */
int outputs_tell(const struct tree *tree, const struct engine_job *job,
		 const struct engine_dump *dump, const char *own_dir, struct error *e);

#endif
