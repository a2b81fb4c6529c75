/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stream.h - receive CRIU's images as it makes them ("criu dump --stream").
 *
 * CRIU connects to a socket and sends, for each image, its name and the reading
 * end of a pipe. So every byte passes through here once, and is digested on its
 * way to the disk.
 *
 * A dump that has failed is read to its end all the same: were the pipes closed
 * while the job's own pages pass through them, the job would get a SIGPIPE.
 */
#ifndef ENGINE_CRIU_STREAM_H
#define ENGINE_CRIU_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/loop.h"
#include "store/generation.h"

struct stream;

/*
 * Listen in directory dir, which criu gets as its images directory, and write
 * what comes to gen, whose manifest lists each image when it is complete.
 */
struct stream *stream_open(struct loop *loop, const char *dir, struct generation *gen,
			   struct error *e);

/* Images, small ones, that are looked at and changed in place before they are written. */
struct stream_edit {
	bool (*wants)(const char *name);
	/* -1 and a sentence: the job cannot be saved so. */
	int (*edit)(void *arg, const char *name, void *data, size_t size,
		    struct error *e);
	void *arg;
};

void stream_set_edit(struct stream *stream, const struct stream_edit *edit);

/* Have all images that criu began been received whole? */
bool stream_is_complete(const struct stream *stream);

/* How many bytes have come so far. */
uint64_t stream_bytes(const struct stream *stream);

/* From now on read what comes and throw it away. */
void stream_discard(struct stream *stream);

void stream_close(struct stream *stream);

#endif
