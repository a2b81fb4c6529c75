/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * numbers.h - does a node have the process numbers that a job has?
 */
#ifndef ENGINE_CRIU_NUMBERS_H
#define ENGINE_CRIU_NUMBERS_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "store/generation.h"

/* This node gives numbers below that (kernel.pid_max). */
pid_t numbers_limit(void);

/* Could jobs come from other nodes with numbers that this one does not give? Then why. */
bool numbers_are_few(struct error *why);

/* Can the numbers of a saved job be had on this node? One sentence if not. */
int numbers_check(const struct generation *gen, struct error *e);

#endif
