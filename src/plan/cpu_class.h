/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cpu_class.h - may a job that was saved on one CPU go on on another?
 *
 * A program asks the CPU once, when it starts, what it can do, and keeps to the answer:
 * the C library so chooses its functions for strings, mathematics and the binding of
 * symbols. So a job can go on only where all is there that it may have found.
 */
#ifndef PLAN_CPU_CLASS_H
#define PLAN_CPU_CLASS_H

#include "base/cpu.h"

/*
 * What a job that starts on the CPU node may come to use, if its libraries choose no
 * more than the baseline. bind_now: its programs' symbols are bound when they start
 * (LD_BIND_NOW), and so not by what the C library chooses for that.
 */
void cpu_class_use(const struct cpu *node, enum cpu_baseline baseline, bool bind_now,
		   struct cpu *used);

/* What it may use when it has run on both. */
void cpu_class_merge(struct cpu *used, const struct cpu *more);

/*
 * Will the CPU here, of the node of that name, do for a job that may use what used says?
 * -1 and one sentence if not, which names the node and what it lacks.
 */
int cpu_class_check(const struct cpu *used, const struct cpu *here, const char *node,
		    struct error *e);

#endif
