/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lublin.h - jobs as they are on clusters, made up.
 *
 * U. Lublin and D. G. Feitelson, "The workload on parallel supercomputers: modeling the
 * characteristics of rigid jobs", Journal of Parallel and Distributed Computing 63 (2003),
 * with its constants for batch jobs.
 */
#ifndef SIM_LUBLIN_H
#define SIM_LUBLIN_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "sim/trace.h"

/* Add so many jobs for a cluster of so many CPUs. */
int lublin_make(struct trace *t, size_t jobs, uint64_t cpus, uint64_t seed,
		struct error *e);

#endif
