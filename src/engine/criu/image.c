// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/criu/image.h"

#include <string.h>

#define COMMON_MAGIC 0x54564319u

/* How a field is written. */
enum wire { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

static int take(struct image *from, size_t size, struct image *taken)
{
	if (size > from->left)
		return -1;
	*taken = (struct image){ from->at, size };
	from->at += size;
	from->left -= size;
	return 0;
}

/* A number of so many bytes, the lowest first. */
static int take_fixed(struct image *from, size_t size, uint64_t *value)
{
	struct image bytes;

	if (take(from, size, &bytes) < 0)
		return -1;
	*value = 0;
	while (size-- > 0)
		*value = *value << 8 | bytes.at[size];
	return 0;
}

/* Seven bits a byte, the lowest first; the highest bit says that there are more. */
static int take_varint(struct image *from, uint64_t *value)
{
	*value = 0;
	for (unsigned int shift = 0; shift < 64; shift += 7) {
		struct image byte;

		if (take(from, 1, &byte) < 0)
			return -1;
		*value |= (uint64_t)(*byte.at & 0x7f) << shift;
		if (!(*byte.at & 0x80))
			return 0;
	}
	return -1;
}

int image_open(struct image *image, const void *data, size_t size, uint32_t magic)
{
	uint64_t common, own;

	*image = (struct image){ data, size };
	if (take_fixed(image, 4, &common) < 0 || take_fixed(image, 4, &own) < 0)
		return -1;
	return common == COMMON_MAGIC && own == magic ? 0 : -1;
}

int image_next(struct image *image, struct image *entry)
{
	uint64_t size;

	if (image->left == 0)
		return 0;
	if (take_fixed(image, 4, &size) < 0 || take(image, (size_t)size, entry) < 0)
		return -1;
	return 1;
}

static int take_value(struct image *entry, enum wire wire, struct image_field *field)
{
	uint64_t size;

	switch (wire) {
	case WIRE_VARINT:
		return take_varint(entry, &field->value);
	case WIRE_64:
		return take_fixed(entry, 8, &field->value);
	case WIRE_32:
		return take_fixed(entry, 4, &field->value);
	case WIRE_BYTES:
		if (take_varint(entry, &size) < 0 || size > entry->left)
			return -1;
		return take(entry, (size_t)size, &field->inside);
	}
	return -1;
}

int image_field(struct image *entry, struct image_field *field)
{
	uint64_t key;

	*field = (struct image_field){ 0 };
	if (entry->left == 0)
		return 0;
	if (take_varint(entry, &key) < 0)
		return -1;
	field->number = (unsigned int)(key >> 3);
	return take_value(entry, (enum wire)(key & 7), field) < 0 ? -1 : 1;
}
