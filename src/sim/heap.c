// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/heap.h"

#include <stdbool.h>
#include <stdlib.h>

static bool before(const struct heap_item *a, const struct heap_item *b)
{
	return a->at != b->at ? a->at < b->at : a->id < b->id;
}

static void put(struct heap *heap, size_t index, struct heap_item *item)
{
	heap->items[index] = item;
	item->index = index;
}

static void rise(struct heap *heap, struct heap_item *item)
{
	size_t i = item->index;

	for (; i > 0 && before(item, heap->items[(i - 1) / 2]); i = (i - 1) / 2)
		put(heap, i, heap->items[(i - 1) / 2]);
	put(heap, i, item);
}

static void sink(struct heap *heap, struct heap_item *item)
{
	size_t i = item->index, child;

	while ((child = 2 * i + 1) < heap->count) {
		if (child + 1 < heap->count &&
		    before(heap->items[child + 1], heap->items[child]))
			child++;
		if (!before(heap->items[child], item))
			break;
		put(heap, i, heap->items[child]);
		i = child;
	}
	put(heap, i, item);
}

int heap_add(struct heap *heap, struct heap_item *item)
{
	if (heap->count == heap->room) {
		size_t room = heap->room ? 2 * heap->room : 64;
		void *items = reallocarray(heap->items, room, sizeof(heap->items[0]));

		if (!items)
			return -1;
		heap->items = items;
		heap->room = room;
	}
	put(heap, heap->count++, item);
	rise(heap, item);
	return 0;
}

struct heap_item *heap_first(const struct heap *heap)
{
	return heap->count ? heap->items[0] : NULL;
}

void heap_remove(struct heap *heap, struct heap_item *item)
{
	struct heap_item *last = heap->items[--heap->count];

	if (last == item)
		return;
	put(heap, item->index, last);
	rise(heap, last);
	sink(heap, last);
}

void heap_free(struct heap *heap)
{
	free(heap->items);
	*heap = (struct heap){ 0 };
}
