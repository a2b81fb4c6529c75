/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * journal.h - the runner's entries in the life of its job (store/event.h).
 */
#ifndef RUNNER_JOURNAL_H
#define RUNNER_JOURNAL_H

#include "runner/task.h"
#include "store/event.h"

/*
 * Write down an event of this start, on this node. A journal that cannot be written is
 * done without.
 */
void journal(const struct task *task, const struct folder *folder, struct event *event);

#endif
