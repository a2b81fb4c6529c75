/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sizes.h - the images of a generation, as criu is to see them: without the sizes and
 * modes of the files that the job was writing.
 *
 * criu restores no process whose files have another size than when it was saved, unless
 * they are opened for appending only. But others may have appended to such a file, and
 * its user may have changed who can read it. That it is the right file was looked at
 * before (store/output.h).
 */
#ifndef ENGINE_CRIU_SIZES_H
#define ENGINE_CRIU_SIZES_H

#include "engine/engine.h"

/*
 * A directory of links to the images, with an image of files of its own; its path, owned
 * by the caller. The images themselves where that cannot be made.
 */
char *sizes_hide(const struct engine_job *job, const struct generation *gen);

#endif
