/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shown.h - the images of a generation, as criu is to see them on this node: sizes.h,
 * rseq.h. The generation itself stays as it is.
 */
#ifndef ENGINE_CRIU_SHOWN_H
#define ENGINE_CRIU_SHOWN_H

#include "engine/engine.h"

/*
 * A directory of links to the images, with those in their place that are shown otherwise;
 * its path, owned by the caller, or NULL.
 */
char *shown_images(const struct engine_job *job, const struct generation *gen,
		   struct error *e);

#endif
