/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * outputs.h - the files that a job writes, told to whoever asked for a dump.
 */
#ifndef ENGINE_OUTPUTS_H
#define ENGINE_OUTPUTS_H

#include "engine/engine.h"
#include "engine/tree.h"

/*
 * Call dump->output for each regular file that processes of the tree have open for
 * writing, or have mapped so that they write it in memory; and for those that they only
 * read, where nodes differ, as in /etc and /tmp, as working directories are with what is in them
 * (fd is -1 of a directory). Not for those in directories that go with the job, as its
 * TMPDIR, nor for what is below the engine's own directory (or NULL).
 */
int outputs_tell(const struct tree *tree, const struct engine_job *job,
		 const struct engine_dump *dump, const char *own_dir, struct error *e);

#endif
