/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * baseline.h - have a job's libraries choose no more of a CPU than a level that all its
 * nodes have, by the variables with which each of them can be told so.
 */
#ifndef PLAN_BASELINE_H
#define PLAN_BASELINE_H

#include "base/cpu.h"

/*
 * An environment that binds what is started in it on the CPU node to the baseline. What
 * the user says of a library stays; of the C library's tunables, beside ours. bind_now as
 * for cpu_class_use(). environment_free() it; NULL without memory.
 */
char **baseline_environment(char *const *environment, const struct cpu *node,
			    enum cpu_baseline baseline, bool bind_now);

#endif
