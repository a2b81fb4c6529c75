// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/ends.h"

#include <stdlib.h>
#include <string.h>

/* The first block whose last entry is not before this moment, or the last block. */
static size_t block_of(const struct ends *ends, int64_t at)
{
	size_t low = 0, high = ends->count - 1;

	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct ends_block *b = ends->blocks[middle];

		if (b->entries[b->count - 1].at < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The first entry that is not before this moment. */
static size_t entry_of(const struct ends_block *b, int64_t at)
{
	size_t low = 0, high = b->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (b->entries[middle].at < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct ends_block *insert_block(struct ends *ends, size_t at)
{
	struct ends_block *block = malloc(sizeof(*block));

	if (block && ends->count == ends->room) {
		size_t room = ends->room ? 2 * ends->room : 16;
		void *blocks = reallocarray(ends->blocks, room, sizeof(ends->blocks[0]));

		if (!blocks) {
			free(block);
			return NULL;
		}
		ends->blocks = blocks;
		ends->room = room;
	}
	if (!block)
		return NULL;
	memmove(ends->blocks + at + 1, ends->blocks + at,
		(ends->count - at) * sizeof(ends->blocks[0]));
	ends->blocks[at] = block;
	ends->count++;
	block->count = 0;
	block->cpus = 0;
	return block;
}

static int split(struct ends *ends, size_t at)
{
	struct ends_block *b = ends->blocks[at], *next = insert_block(ends, at + 1);

	if (!next)
		return -1;
	next->count = b->count / 2;
	b->count -= next->count;
	memcpy(next->entries, b->entries + b->count, next->count * sizeof(b->entries[0]));
	for (size_t i = 0; i < next->count; i++)
		next->cpus += next->entries[i].cpus;
	b->cpus -= next->cpus;
	return 0;
}

int ends_add(struct ends *ends, int64_t at, uint64_t cpus)
{
	struct ends_block *b;
	size_t block, entry;

	if (ends->count == 0 && !insert_block(ends, 0))
		return -1;
	block = ends->blocks[0]->count ? block_of(ends, at) : 0;
	if (ends->blocks[block]->count == ENDS_BLOCK) {
		if (split(ends, block) < 0)
			return -1;
		block = block_of(ends, at);
	}
	b = ends->blocks[block];
	entry = entry_of(b, at);
	memmove(b->entries + entry + 1, b->entries + entry,
		(b->count - entry) * sizeof(b->entries[0]));
	b->entries[entry] = (struct ends_entry){ .at = at, .cpus = cpus };
	b->count++;
	b->cpus += cpus;
	return 0;
}

static void remove_entry(struct ends *ends, size_t block, size_t entry)
{
	struct ends_block *b = ends->blocks[block];

	b->cpus -= b->entries[entry].cpus;
	b->count--;
	memmove(b->entries + entry, b->entries + entry + 1,
		(b->count - entry) * sizeof(b->entries[0]));
	if (b->count > 0)
		return;
	free(b);
	ends->count--;
	memmove(ends->blocks + block, ends->blocks + block + 1,
		(ends->count - block) * sizeof(ends->blocks[0]));
}

void ends_remove(struct ends *ends, int64_t at, uint64_t cpus)
{
	size_t block = ends->count ? block_of(ends, at) : 0;
	size_t entry = ends->count ? entry_of(ends->blocks[block], at) : 0;

	for (; block < ends->count; block++, entry = 0) {
		const struct ends_block *b = ends->blocks[block];

		for (; entry < b->count && b->entries[entry].at == at; entry++) {
			if (b->entries[entry].cpus == cpus) {
				remove_entry(ends, block, entry);
				return;
			}
		}
	}
}

/* What becomes free at the very moment too, beyond the entry. */
static uint64_t freed_beside(const struct ends *ends, size_t block, size_t entry)
{
	int64_t at = ends->blocks[block]->entries[entry].at;
	uint64_t sum = 0;

	for (entry++; block < ends->count; block++, entry = 0) {
		const struct ends_block *b = ends->blocks[block];

		for (; entry < b->count; entry++) {
			if (b->entries[entry].at != at)
				return sum;
			sum += b->entries[entry].cpus;
		}
	}
	return sum;
}

int64_t ends_find(const struct ends *ends, uint64_t need, uint64_t *freed)
{
	uint64_t sum = 0;
	size_t block = 0;

	while (block < ends->count && sum + ends->blocks[block]->cpus < need)
		sum += ends->blocks[block++]->cpus;
	if (block == ends->count)
		return -1;
	for (size_t i = 0; i < ends->blocks[block]->count; i++) {
		sum += ends->blocks[block]->entries[i].cpus;
		if (sum < need)
			continue;
		*freed = sum + freed_beside(ends, block, i);
		return ends->blocks[block]->entries[i].at;
	}
	return -1;
}

void ends_free(struct ends *ends)
{
	for (size_t i = 0; i < ends->count; i++)
		free(ends->blocks[i]);
	free(ends->blocks);
	*ends = (struct ends){ 0 };
}
