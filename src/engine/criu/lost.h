/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lost.h - files that have lost the name by which the job opened them, but have another:
 * an editor has put a new file in the place of one, and kept the old as a backup.
 *
 * CRIU would make a name for such a file, which it cannot do without privilege. So it is
 * told that the file is not the job's own, and is given it by the other name when the job
 * goes on. The job writes on into the file that it has open, as it would have.
 */
#ifndef ENGINE_CRIU_LOST_H
#define ENGINE_CRIU_LOST_H

#include "base/argv.h"
#include "engine/criu/handed.h"
#include "engine/tree.h"
#include "store/manifest.h"

/* "KEY PATH" for each, a line each; the key is in CRIU's words. */
#define CRIU_ATTR_LOST "criu-lost-names"

/* Before a dump: criu's options, and the attribute. */
int lost_dump(struct argv *argv, struct manifest *m, const struct sandbox *sb,
	      struct error *e);

/* Before a restore: criu's options, and descriptors for criu to inherit. */
int lost_restore(struct handed *handed, struct argv *argv, const struct sandbox *sb,
		 const struct manifest *m, struct error *e);

#endif
