// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/criu/sizes.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "engine/criu/image.h"

#define MAX_IMAGE ((size_t)64 << 20) /* bytes, as in files.c */

/* Fields of criu's messages, by their numbers (images/fdinfo.proto, regfile.proto). */
enum { FILE_ENTRY_REG = 3 };
enum { REG_NAME = 6, REG_SIZE = 8, REG_MODE = 10 };

struct bytes {
	unsigned char *data; /* with room for all that may come */
	size_t size;
};

static void put(struct bytes *to, const void *data, size_t size)
{
	memcpy(to->data + to->size, data, size);
	to->size += size;
}

static void put_varint(struct bytes *to, uint64_t value)
{
	for (; value > 0x7f; value >>= 7)
		to->data[to->size++] = (unsigned char)(value | 0x80);
	to->data[to->size++] = (unsigned char)value;
}

static bool is_output(const struct generation *gen, const struct image *name)
{
	for (size_t i = 0; i < gen->manifest.noutputs; i++) {
		const char *path = gen->manifest.outputs[i].path;

		if (strlen(path) == name->left && !memcmp(path, name->at, name->left))
			return true;
	}
	return false;
}

/* Is it the entry of a file that the job was writing? */
static bool is_of_output(const struct generation *gen, struct image fields)
{
	struct image_field f;

	while (image_field(&fields, &f) > 0) {
		if (f.number == REG_NAME)
			return is_output(gen, &f.inside);
	}
	return false;
}

/* A field as it is: what was read of from, which began at begin. */
static void put_field(struct bytes *to, const unsigned char *begin,
		      const struct image *from)
{
	put(to, begin, (size_t)(from->at - begin));
}

/* What is put back has no size any more. */
static int put_reg(struct bytes *to, struct image fields, unsigned char *room)
{
	struct bytes reg = { .data = room };
	const unsigned char *begin = fields.at;
	struct image_field f;
	int rc;

	while ((rc = image_field(&fields, &f)) > 0) {
		if (f.number != REG_SIZE && f.number != REG_MODE)
			put_field(&reg, begin, &fields);
		begin = fields.at;
	}
	put_varint(to, FILE_ENTRY_REG << 3 | 2);
	put_varint(to, reg.size);
	put(to, reg.data, reg.size);
	return rc;
}

static int put_entry(struct bytes *to, const struct generation *gen, struct image entry,
		     unsigned char *room)
{
	const unsigned char *begin = entry.at;
	size_t at = to->size;
	struct image_field f;
	uint32_t size;
	int rc;

	to->size += sizeof(size);
	while ((rc = image_field(&entry, &f)) > 0) {
		if (f.number != FILE_ENTRY_REG || !is_of_output(gen, f.inside))
			put_field(to, begin, &entry);
		else if (put_reg(to, f.inside, room) < 0)
			return -1;
		begin = entry.at;
	}
	/* Its bytes are in the order of this machine, as criu's are. */
	size = (uint32_t)(to->size - at - sizeof(size));
	memcpy(to->data + at, &size, sizeof(size));
	return rc;
}

int sizes_write(int dir, const struct generation *gen)
{
	size_t size;
	cleanup_free char *text = file_read(gen->fd, SIZES_IMAGE, MAX_IMAGE, &size, NULL);
	/* It becomes shorter; but a length may be written with more bytes than it was. */
	cleanup_free unsigned char *room = text ? malloc(size + 16) : NULL;
	struct bytes to = { .data = text ? malloc(2 * size + 16) : NULL };
	cleanup_free unsigned char *data = to.data;
	struct image image, entry;
	int rc = -1;

	if (!room || !data || image_open(&image, text, size, IMAGE_FILES) < 0)
		return -1;
	put(&to, text, (size_t)(image.at - (const unsigned char *)text));
	while ((rc = image_next(&image, &entry)) > 0) {
		if (put_entry(&to, gen, entry, room) < 0)
			return -1;
	}
	if (rc < 0)
		return -1;
	return file_replace(dir, SIZES_IMAGE, (const char *)to.data, to.size, 0600, NULL);
}
