// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/queue.h"

#include <stdbool.h>
#include <stdlib.h>

static const struct queue_least nothing = { .length = INT64_MAX, .cpus = UINT32_MAX };

static struct queue_class *class_of(struct queue *q, uint32_t cpus)
{
	return &q->classes[cpus ? 31 - __builtin_clz(cpus) : 0];
}

static struct queue_least least(struct queue_least a, struct queue_least b)
{
	return (struct queue_least){
		.length = a.length < b.length ? a.length : b.length,
		.cpus = a.cpus < b.cpus ? a.cpus : b.cpus,
	};
}

static struct queue_least leaf_value(const struct queue_class *c, size_t leaf)
{
	const struct queue_item *item = leaf < c->used ? c->leaves[leaf] : NULL;

	return item ? (struct queue_least){ .length = item->length, .cpus = item->cpus }
		    : nothing;
}

static void update(struct queue_class *c, size_t leaf)
{
	size_t i = c->room + leaf;

	c->tree[i] = leaf_value(c, leaf);
	for (i /= 2; i >= 1; i /= 2)
		c->tree[i] = least(c->tree[2 * i], c->tree[2 * i + 1]);
}

static void build(struct queue_class *c)
{
	for (size_t i = 0; i < c->room; i++)
		c->tree[c->room + i] = leaf_value(c, i);
	for (size_t i = c->room - 1; i >= 1; i--)
		c->tree[i] = least(c->tree[2 * i], c->tree[2 * i + 1]);
}

static void compact(struct queue_class *c)
{
	size_t kept = 0;

	for (size_t i = c->first; i < c->used; i++) {
		if (!c->leaves[i])
			continue;
		c->leaves[kept] = c->leaves[i];
		c->leaves[kept]->leaf = kept;
		kept++;
	}
	c->used = kept;
	c->first = 0;
}

static int make_room(struct queue_class *c)
{
	size_t room = c->room ? c->room : 16;
	void *leaves, *tree;

	compact(c);
	if (c->used > c->room / 2 || c->room == 0) {
		room = c->room ? 2 * c->room : room;
		leaves = reallocarray(c->leaves, room, sizeof(c->leaves[0]));
		if (!leaves)
			return -1;
		c->leaves = leaves;
		tree = reallocarray(c->tree, 2 * room, sizeof(c->tree[0]));
		if (!tree)
			return -1;
		c->tree = tree;
		c->room = room;
	}
	build(c);
	return 0;
}

int queue_append(struct queue *q, struct queue_item *item)
{
	struct queue_class *c = class_of(q, item->cpus);

	if (c->used == c->room && make_room(c) < 0)
		return -1;
	item->place = q->next++;
	item->leaf = c->used++;
	c->leaves[item->leaf] = item;
	c->count++;
	q->count++;
	update(c, item->leaf);
	return 0;
}

void queue_remove(struct queue *q, struct queue_item *item)
{
	struct queue_class *c = class_of(q, item->cpus);

	c->leaves[item->leaf] = NULL;
	update(c, item->leaf);
	c->count--;
	q->count--;
	while (c->first < c->used && !c->leaves[c->first])
		c->first++;
}

void queue_clear(struct queue *q)
{
	for (size_t k = 0; k < QUEUE_CLASSES; k++) {
		struct queue_class *c = &q->classes[k];

		if (c->used == 0)
			continue;
		c->used = c->count = c->first = 0;
		build(c);
	}
	q->count = 0;
}

struct queue_item *queue_head(const struct queue *q)
{
	struct queue_item *head = NULL;

	for (size_t k = 0; k < QUEUE_CLASSES; k++) {
		const struct queue_class *c = &q->classes[k];

		if (c->count && (!head || c->leaves[c->first]->place < head->place))
			head = c->leaves[c->first];
	}
	return head;
}

static bool fits(const struct queue_least *l, const struct queue_hole *hole)
{
	return l->cpus <= QUEUE_CPUS_MAX && l->cpus <= hole->free &&
	       (l->length <= hole->seconds || l->cpus <= hole->extra);
}

/* The first leaf at a place after hole->after. */
static size_t leaf_after(const struct queue_class *c, uint64_t place)
{
	size_t low = c->first, high = c->used;

	while (low < high) {
		size_t middle = (low + high) / 2, known = middle;

		while (known < high && !c->leaves[known])
			known++;
		if (known < high && c->leaves[known]->place <= place)
			low = known + 1;
		else
			high = middle;
	}
	return low;
}

/* The first leaf from "from" on that fits, below the node that has [begin, end). */
static size_t descend(const struct queue_class *c, size_t node, size_t begin, size_t end,
		      size_t from, const struct queue_hole *hole)
{
	size_t middle = (begin + end) / 2, found;

	if (end <= from || !fits(&c->tree[node], hole))
		return SIZE_MAX;
	if (end - begin == 1)
		return begin;
	found = descend(c, 2 * node, begin, middle, from, hole);
	return found != SIZE_MAX ? found
				 : descend(c, 2 * node + 1, middle, end, from, hole);
}

static struct queue_item *find_in(const struct queue_class *c,
				  const struct queue_hole *hole)
{
	size_t leaf;

	if (c->count == 0 || !fits(&c->tree[1], hole))
		return NULL;
	leaf = descend(c, 1, 0, c->room, leaf_after(c, hole->after), hole);
	return leaf == SIZE_MAX ? NULL : c->leaves[leaf];
}

struct queue_item *queue_find(const struct queue *q, const struct queue_hole *hole)
{
	struct queue_item *first = NULL, *item;

	for (size_t k = 0; k < QUEUE_CLASSES && (UINT64_C(1) << k) <= hole->free; k++) {
		item = find_in(&q->classes[k], hole);
		if (item && (!first || item->place < first->place))
			first = item;
	}
	return first;
}

void queue_free(struct queue *q)
{
	for (size_t k = 0; k < QUEUE_CLASSES; k++) {
		free(q->classes[k].leaves);
		free(q->classes[k].tree);
	}
	*q = (struct queue){ 0 };
}
