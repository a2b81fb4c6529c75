/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sizes.h - the image of a job's files without the sizes and modes of those that it was
 * writing.
 *
 * criu restores no process whose files have another size than when it was saved, unless
 * they are opened for appending only. But others may have appended to such a file, and
 * its user may have changed who can read it. That it is the right file was looked at
 * before (store/output.h).
 */
#ifndef ENGINE_CRIU_SIZES_H
#define ENGINE_CRIU_SIZES_H

#include "store/generation.h"

/* The image that it is about. */
#define SIZES_IMAGE "files.img"

/* Write it into the directory dir. */
int sizes_write(int dir, const struct generation *gen);

#endif
