/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * heap.h - what happens next: jobs by the moment at which they end, or have left.
 */
#ifndef SIM_HEAP_H
#define SIM_HEAP_H

#include <stddef.h>
#include <stdint.h>

/* Part of what is in the heap. */
struct heap_item {
	int64_t at;   /* seconds */
	uint32_t id;  /* of equal ones the lower comes first */
	size_t index; /* in the heap */
};

/* All zero to begin with. */
struct heap {
	struct heap_item **items;
	size_t count, room;
};

/* -1 without memory. */
int heap_add(struct heap *heap, struct heap_item *item);

/* The first one, which stays in the heap; NULL: it is empty. */
struct heap_item *heap_first(const struct heap *heap);

void heap_remove(struct heap *heap, struct heap_item *item);
void heap_free(struct heap *heap);

#endif
