/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rseq.h - the size of what threads have registered by rseq(2), as this kernel takes it.
 *
 * glibc registers as many bytes as the kernel on which a program starts can fill
 * (AT_RSEQ_FEATURE_SIZE, since Linux 6.3: 28, and 33 in 7.2), 32 at least. A kernel before
 * 6.3 takes 32 and nothing else, and later ones take that, too.
 */
#ifndef ENGINE_CRIU_RSEQ_H
#define ENGINE_CRIU_RSEQ_H

#include <stdbool.h>

#include "store/generation.h"

/* Does this kernel know one size only? */
bool rseq_is_limited(void);

/* Is it the image of a thread? */
bool rseq_is_image(const char *name);

/*
 * Write such an image into the directory dir as a kernel takes it that knows one size
 * only.
 */
int rseq_write(int dir, const struct generation *gen, const char *name);

/* The same in memory: true if something was to be changed. */
bool rseq_limit(void *image, size_t size);

#endif
