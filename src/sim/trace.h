/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace.h - the jobs that a simulation submits.
 */
#ifndef SIM_TRACE_H
#define SIM_TRACE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "sim/trace_line.h"

struct trace_job {
	int64_t submit; /* seconds */
	int32_t run, estimate;
	uint32_t cpus;
	uint32_t memory; /* MiB for each CPU; 0: not known */
};

/* Ordered by the time of submission. All zero to begin with. */
struct trace {
	struct trace_job *jobs;
	size_t count, room;
	size_t unusable;    /* left out: they never ran */
	size_t too_wide;    /* left out: they need more CPUs than there are */
	uint64_t max_procs; /* what the trace's header says of the machine; 0: nothing */
};

#define TRACE_MAX_JOBS 50000000 /* 1.6 GB */

/*
 * Read a file in the Standard Workload Format, or as sacct prints it (sacct.h), plain or
 * compressed. A line that is not of the format is an error that names its number.
 */
int trace_read(struct trace *t, const char *path, struct error *e);

int trace_add(struct trace *t, const struct trace_line *job, struct error *e);

/* Leave out what no machine of so many CPUs can run, and begin at second 0. */
void trace_fit(struct trace *t, uint64_t cpus);

/* The share of the CPUs' time that the jobs need until the last is submitted. */
double trace_load(const struct trace *t, uint64_t cpus);

/* The same jobs, submitted so much more densely that the load is this one. */
void trace_set_load(struct trace *t, uint64_t cpus, double load);

/*
 * A copy with shaken arrivals: each gap between two submissions is between half and one and
 * a half times what it was. Seed 0 changes nothing.
 */
int trace_shake(struct trace *copy, const struct trace *t, uint64_t seed,
		struct error *e);

void trace_free(struct trace *t);

#endif
