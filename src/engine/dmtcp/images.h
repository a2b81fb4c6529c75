/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * images.h - what DMTCP has written, into a generation.
 */
#ifndef ENGINE_DMTCP_IMAGES_H
#define ENGINE_DMTCP_IMAGES_H

#include "engine/engine.h"

/*
 * Move the images that DMTCP has written to the directory open at dir, which is
 * dmtcp_dir() of the job, into the generation, and list them there with their digests;
 * and archive what it wrote beside them. The job stands. The number of images, or -1.
 */
int images_take(const struct engine_job *job, int dir, struct generation *gen,
		struct error *e);

/* Bytes that are in that directory by now. */
uint64_t images_written(int dir);

/* The paths of a generation's images, owned by the caller, with dmtcp_free_argv(). */
char **images_list(const struct engine_job *job, const struct generation *gen,
		   size_t *count);

#endif
