/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * waits.h - have threads go on to wait, after a restart, in the system calls in which
 * they were frozen.
 *
 * The kernel takes up poll(2), nanosleep(2) and timed futex(2) again by itself when a
 * stopped thread runs on. What it knows of them for that is not saved, so criu has them
 * return EINTR in a restored thread, which programs without a handler of signals do not
 * expect. Here the registers in criu's images are set to where the call is made anew.
 *
 * A sleep then lasts as long as was left of it, if the program asked to be told of that,
 * and a wait until a certain time until then. A poll(2), and other waits for so and so
 * long, last for their whole time once more: nobody tells how much of it was over.
 *
 * x86-64 only; elsewhere images are left as they are.
 */
#ifndef ENGINE_CRIU_WAITS_H
#define ENGINE_CRIU_WAITS_H

#include <stddef.h>
#include <sys/types.h>

#include "engine/tree.h"

struct wait;

/* Zeroed to begin with. */
struct waits {
	int proc; /* /proc inside */
	struct wait *list;
	size_t count;
};

/* With which the names of images of registers begin. */
#define WAITS_IMAGES "core-"

/*
 * Note in what the threads wait, while they do: of a call that the kernel has taken up
 * again nothing in the registers tells which it is. waits_free() in any case.
 */
void waits_note(struct waits *w, const struct tree *tree);
void waits_free(struct waits *w);

/* Change an image of registers of a frozen thread in place. */
void waits_mend(const struct waits *w, const char *name, void *data, size_t size);

#endif
