/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watch.h - does criu get anywhere?
 *
 * It waits for the kernel and for the job's processes, and some of what it waits for may
 * never come. What it does shows in bytes that it sends, and in the CPU time of its
 * processes and of those of the job that it has in its hands; or a disk keeps one of them
 * waiting. If there is none of that for WATCH_LIMIT seconds, it stands still.
 */
#ifndef ENGINE_CRIU_WATCH_H
#define ENGINE_CRIU_WATCH_H

#include <stdint.h>

#include "base/loop.h"
#include "engine/sandbox.h"

#define WATCH_LIMIT 10 /* seconds */

enum watch_what {
	WATCH_DUMP,    /* processes of the job count that criu traces */
	WATCH_RESTORE, /* all of them do: criu makes them */
};

struct watch {
	/* The caller's: */
	const struct sandbox *sb;
	enum watch_what what;
	uint64_t (*bytes)(void *arg); /* how many there were so far; NULL: none */
	void *arg;
	/* Called when it stands still, once. */
	int (*stands)(void *arg, struct error *e);

	struct loop *loop;
	int timer;
	double moved; /* when it last did, seconds of uptime */
	uint64_t last;
};

/* Have loop look once a second. */
int watch_start(struct watch *watch, struct loop *loop, struct error *e);

/* It has been kept waiting by us. */
void watch_excuse(struct watch *watch);

void watch_stop(struct watch *watch);

#endif
