/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * loop.h - wait for descriptors and call whoever waits for each.
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

void loop_free(struct loop *loop);

#endif
