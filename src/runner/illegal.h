/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * illegal.h - a job that ends by SIGILL after it was restored on another CPU.
 *
 * What is recorded of a job's CPU, and what its libraries are told, does not cover a
 * program that asks the CPU in its own way. Where it meets an instruction that this CPU
 * does not have, it is the restore that was wrong, and not the job: it goes back to its
 * checkpoint, elsewhere. What it did since is done again there, as after the death of a
 * node.
 */
#ifndef RUNNER_ILLEGAL_H
#define RUNNER_ILLEGAL_H

#include <stdbool.h>

#include "runner/cpu_record.h"

/* How a job was restored. */
struct restoration {
	unsigned int generation; /* 0: it was not */
	double time;		 /* seconds of uptime */
	struct cpu_restored cpu;
};

/*
 * Did a job of this wait status end since the node's CPU is not the one that it needs? e
 * is one sentence then. It is taken for that if the CPU lacks something of the one where
 * the job was saved; and within seconds of a restore on another node in any case.
 */
bool illegal_instruction(const struct restoration *restored, int status, double now,
			 struct error *e);

#endif
