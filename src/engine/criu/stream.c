// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/criu/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "base/unix_socket.h"
#include "engine/criu/announcement.h"

#define SOCKET_NAME "streamer-capture.sock" /* CRIU's criu/img-streamer.c */
#define CHUNK	    (1u << 20)		    /* bytes read at once, and size of the pipe */
#define FLUSH_EVERY (16u << 20) /* bytes after which the disk is set to work */
#define MEMORY	    "pages-"	/* with which the names of images of memory begin */

/* An image on its way. */
struct image {
	struct stream *stream;
	struct image *next;
	char *name;
	int in;
	int out;
	uint64_t size;
	uint64_t flushed;
	struct digest *digest;
	bool edited; /* it is kept, and changed when it is whole */
	char *kept;
	size_t kept_size;
};

struct stream {
	struct loop *loop;
	struct generation *gen;
	int listener;
	int connection;
	struct announcement announcement; /* the part of the next that has come */
	struct image *images;
	char *buffer;
	uint64_t bytes;
	bool discarding;
	struct stream_edit edit;
};

static void image_free(struct image *image)
{
	loop_remove(image->stream->loop, image->in);
	if (image->in >= 0)
		close(image->in);
	if (image->out >= 0)
		close(image->out);
	digest_free(image->digest);
	free(image->kept);
	free(image->name);
	free(image);
}

static void forget(struct image *image)
{
	struct image **at = &image->stream->images;

	while (*at != image)
		at = &(*at)->next;
	*at = image->next;
	image_free(image);
}

static int take_in(struct image *image, const void *data, size_t size, struct error *e)
{
	digest_add(image->digest, data, size);
	if (file_write_all(image->out, data, size) < 0)
		return error_sys(e, "%s", image->name);
	image->size += (uint64_t)size;
	return 0;
}

static int keep(struct image *image, const void *data, size_t size, struct error *e)
{
	char *grown = realloc(image->kept, image->kept_size + size);

	if (!grown)
		return error_sys(e, "%s", image->name);
	image->kept = grown;
	memcpy(grown + image->kept_size, data, size);
	image->kept_size += size;
	return 0;
}

static int image_complete(struct image *image, struct error *e)
{
	const struct stream_edit *edit = &image->stream->edit;
	char hex[DIGEST_HEX + 1];

	if (image->edited) {
		if (edit->edit(edit->arg, image->name, image->kept, image->kept_size, e) <
			    0 ||
		    take_in(image, image->kept, image->kept_size, e) < 0)
			return -1;
	}
	digest_hex(image->digest, hex);
	if (manifest_add_file(&image->stream->gen->manifest, image->name, image->size,
			      hex) < 0)
		return error_sys(e, "%s", image->name);
	forget(image);
	return 0;
}

static int image_readable(void *arg, struct error *e)
{
	struct image *image = arg;
	ssize_t n = read(image->in, image->stream->buffer, CHUNK);

	if (n < 0)
		return errno == EINTR ? 0 : error_sys(e, "%s", image->name);
	image->stream->bytes += (uint64_t)n;
	if (image->stream->discarding) {
		if (n == 0)
			forget(image);
		return 0;
	}
	if (n == 0)
		return image_complete(image, e);
	if (image->edited)
		return keep(image, image->stream->buffer, (size_t)n, e);
	if (take_in(image, image->stream->buffer, (size_t)n, e) < 0)
		return -1;
	if (image->size - image->flushed >= FLUSH_EVERY) {
		/* A hint, so that the flush at the commit finds little left to do. */
		(void)sync_file_range(image->out, (off_t)image->flushed,
				      (off_t)(image->size - image->flushed),
				      SYNC_FILE_RANGE_WRITE);
		image->flushed = image->size;
	}
	return 0;
}

/* Take up an image. It is read even if it cannot be written. */
static int take_up(struct stream *stream, char *name, int in, struct error *e)
{
	struct image *image = calloc(1, sizeof(*image));
	struct digest *digest = digest_new();

	if (!image || !digest || !name) {
		free(image);
		digest_free(digest);
		free(name);
		close(in);
		return error_sys(e, "image");
	}
	*image = (struct image){ .stream = stream,
				 .next = stream->images,
				 .name = name,
				 .in = in,
				 .out = -1,
				 .digest = digest };
	image->edited = stream->edit.edit && stream->edit.wants(name);
	stream->images = image;
	/*
	 * Faster, where the user may. Only where it counts: all pipes of a user on a node
	 * together may have 64 MiB, and other jobs need some as well.
	 */
	if (!strncmp(name, MEMORY, strlen(MEMORY)))
		(void)fcntl(in, F_SETPIPE_SZ, CHUNK);
	if (loop_add(stream->loop, in, image_readable, image, e) < 0)
		return -1;
	if (!stream->discarding)
		image->out = generation_create(stream->gen, name, e);
	return stream->discarding || image->out >= 0 ? 0 : -1;
}

static int announcement_readable(void *arg, struct error *e)
{
	struct stream *stream = arg;
	int in;

	switch (announcement_read(&stream->announcement, stream->connection, e)) {
	case ANNOUNCEMENT_BAD:
		return -1;
	case ANNOUNCEMENT_END:
		loop_remove(stream->loop, stream->connection);
		return 0;
	case ANNOUNCEMENT_PART:
		return 0;
	case ANNOUNCEMENT_WHOLE:
		break;
	}
	in = stream->announcement.fd;
	return take_up(stream, announcement_take_name(&stream->announcement), in, e);
}

static int connection_waits(void *arg, struct error *e)
{
	struct stream *stream = arg;

	stream->connection = accept4(stream->listener, NULL, NULL, SOCK_CLOEXEC);
	if (stream->connection < 0)
		return error_sys(e, "accept");
	loop_remove(stream->loop, stream->listener);
	return loop_add(stream->loop, stream->connection, announcement_readable, stream,
			e);
}

struct stream *stream_open(struct loop *loop, const char *dir, struct generation *gen,
			   struct error *e)
{
	cleanup_free char *path = str_printf("%s/" SOCKET_NAME, dir);
	struct stream *stream = calloc(1, sizeof(*stream));

	if (!stream || !path) {
		free(stream);
		error_sys(e, "stream");
		return NULL;
	}
	*stream = (struct stream){ .loop = loop, .gen = gen, .connection = -1 };
	stream->buffer = malloc(CHUNK);
	stream->listener = unix_socket_listen(path, e);
	if (stream->buffer && stream->listener >= 0 &&
	    loop_add(loop, stream->listener, connection_waits, stream, e) == 0)
		return stream;
	stream_close(stream);
	return NULL;
}

void stream_set_edit(struct stream *stream, const struct stream_edit *edit)
{
	stream->edit = *edit;
}

bool stream_is_complete(const struct stream *stream)
{
	char byte;

	/* Nor may one be announced that has not been taken up yet. */
	return stream->connection >= 0 && !stream->images && !stream->announcement.size &&
	       recv(stream->connection, &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0;
}

uint64_t stream_bytes(const struct stream *stream)
{
	return stream->bytes;
}

void stream_discard(struct stream *stream)
{
	stream->discarding = true;
}

void stream_close(struct stream *stream)
{
	if (!stream)
		return;
	while (stream->images)
		forget(stream->images);
	loop_remove(stream->loop, stream->listener);
	if (stream->listener >= 0)
		close(stream->listener);
	loop_remove(stream->loop, stream->connection);
	if (stream->connection >= 0)
		close(stream->connection);
	free(stream->buffer);
	free(stream);
}
