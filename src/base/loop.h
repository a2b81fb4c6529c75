/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * loop.h - wait for descriptors and call whoever waits for each.
 *
 * By poll(2), so that to wait for one more needs nothing of the kernel: up to 64 are
 * added without fail.
 */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include "base/error.h"

struct loop;

/* What is called when fd can be read or has been closed at its other end. */
typedef int (*loop_fn)(void *arg, struct error *e);

struct loop *loop_new(struct error *e);

/* Call fn(arg) whenever fd is ready. fd stays the caller's, loop_remove() it first. */
int loop_add(struct loop *loop, int fd, loop_fn fn, void *arg, struct error *e);
void loop_remove(struct loop *loop, int fd);

/* Wait for one event and handle it. -1 if its function failed. */
int loop_once(struct loop *loop, struct error *e);

/*
 * The same for at most so many milliseconds, in which the node sleeps not counted: 0 if
 * none has come by then, or earlier if the kernel could not wait; -1: as long as it
 * takes.
 */
int loop_wait(struct loop *loop, int ms, struct error *e);

void loop_free(struct loop *loop);

#endif
