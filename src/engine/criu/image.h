/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * image.h - read what criu has written: a file of entries, each of numbered fields
 * (Protocol Buffers). Whatever is in it, nothing outside of it is read.
 */
#ifndef ENGINE_CRIU_IMAGE_H
#define ENGINE_CRIU_IMAGE_H

#include <stddef.h>
#include <stdint.h>

/* Magic numbers of images, behind that which all have (criu/include/magic.h). */
#define IMAGE_CORE  0x55053847u
#define IMAGE_FILES 0x56303138u
#define IMAGE_REMAP 0x59133954u

/* Bytes that are still to be read. */
struct image {
	const unsigned char *at;
	size_t left;
};

/* The entries of an image of this kind; -1 if it is none. */
int image_open(struct image *image, const void *data, size_t size, uint32_t magic);

/* The next entry: 1; 0 at the end, -1 if the image is cut short. */
int image_next(struct image *image, struct image *entry);

struct image_field {
	unsigned int number;
	uint64_t value;	     /* of a number */
	struct image inside; /* of anything else: text, or fields; else empty */
};

/* The next field of an entry, or of what is inside a field: as image_next(). */
int image_field(struct image *entry, struct image_field *field);

#endif
