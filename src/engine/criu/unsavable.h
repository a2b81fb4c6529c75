/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unsavable.h - what a process may have that criu does not save, or saves and cannot
 * restore, so far as it is seen before the job is frozen. What is not seen criu itself
 * refuses (log.h).
 */
#ifndef ENGINE_CRIU_UNSAVABLE_H
#define ENGINE_CRIU_UNSAVABLE_H

#include "base/error.h"
#include "engine/tree.h"

/* -1 and one sentence that names the process, its program, and what to do; else 0. */
int unsavable_check(const struct tree *tree, struct error *e);

#endif
