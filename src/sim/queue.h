/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * queue.h - waiting jobs in an order, in which the first that fits is found quickly.
 *
 * Jobs of 2^k up to 2^(k+1) - 1 CPUs are in a segment tree of their own, which knows the
 * smallest estimate and width of each part of it.
 */
#ifndef SIM_QUEUE_H
#define SIM_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#define QUEUE_CLASSES  32
#define QUEUE_CPUS_MAX (UINT32_MAX - 1) /* of an item; and enough for any */

/* Part of what is in the queue. */
struct queue_item {
	uint64_t place; /* in the order of the queue; queue_append() sets it */
	uint32_t cpus;
	int64_t length; /* seconds that its CPUs are expected to be used */
	size_t leaf;
};

struct queue_least {
	int64_t length;
	uint32_t cpus;
};

struct queue_class {
	struct queue_item **leaves; /* NULL: it has left */
	struct queue_least *tree;   /* tree[1] is the root, tree[room + i] leaf i */
	size_t used, room;	    /* leaves; room is a power of two or 0 */
	size_t count;		    /* items that are there */
	size_t first;		    /* no item is before it */
};

/* All zero to begin with. */
struct queue {
	struct queue_class classes[QUEUE_CLASSES];
	size_t count;
	uint64_t next; /* place */
};

/* Put the item at the end of the queue. -1 without memory. */
int queue_append(struct queue *q, struct queue_item *item);
void queue_remove(struct queue *q, struct queue_item *item);

/* Take all out, to append them in another order. */
void queue_clear(struct queue *q);

/* The first one; NULL: none waits. */
struct queue_item *queue_head(const struct queue *q);

struct queue_hole {
	uint64_t after;	 /* only items at a later place */
	uint64_t free;	 /* CPUs; at most QUEUE_CPUS_MAX are of use */
	uint64_t extra;	 /* CPUs of these that may be used for any time, */
	int64_t seconds; /* and for how long the others */
};

/* The first item that fits the hole; NULL: none. */
struct queue_item *queue_find(const struct queue *q, const struct queue_hole *hole);

void queue_free(struct queue *q);

#endif
