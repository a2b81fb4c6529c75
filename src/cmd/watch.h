/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watch.h - wake up when something is written to folders of jobs, and once a second.
 *
 * The kernel tells of what is written on this host; on other hosts of a network file
 * system nobody does, so that the folders are to be looked into each second, too.
 */
#ifndef CMD_WATCH_H
#define CMD_WATCH_H

#include "base/loop.h"
#include "store/folder.h"

struct watch;

/* changed is called when something was written, passed each second. */
struct watch *watch_new(loop_fn changed, loop_fn passed, void *arg, struct error *e);
void watch_folder(struct watch *watch, const struct folder *folder);

/* Wait for one of them. -1 if its function failed. */
int watch_once(struct watch *watch, struct error *e);

/* Seconds since watch_new(). */
long watch_seconds(const struct watch *watch);

void watch_free(struct watch *watch);

#endif
