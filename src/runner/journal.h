/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * journal.h - the runner's entries in the life of its job (store/event.h).
 */
#ifndef RUNNER_JOURNAL_H
#define RUNNER_JOURNAL_H

#include "runner/task.h"
#include "store/event.h"

/*
 * Write down an event of this start, on this node. One that cannot be written now is kept
 * for later: who has asked for a checkpoint waits for it.
 */
void journal(const struct task *task, const struct folder *folder, struct event *event);

/* Write what is kept. */
void journal_catch_up(const struct folder *folder);

/* When to do so, by uptime_now(); 0: nothing is kept. */
double journal_due(void);

#endif
