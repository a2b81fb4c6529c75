/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * metrics.h - what a simulation comes to, in numbers.
 */
#ifndef SIM_METRICS_H
#define SIM_METRICS_H

#include "base/error.h"
#include "sim/sim.h"

/*
 * A wait is finish - submit - run, so the time in which a job is saved, queued again and
 * restored counts. A bounded slowdown is (wait + run) / run, with runs below ten seconds
 * counted as ten, and at least 1.
 */
enum metric {
	METRIC_WAIT,
	METRIC_WAIT_GEOMETRIC,
	METRIC_WAIT_P99,
	METRIC_WAIT_LONGEST,
	METRIC_SLOWDOWN,
	METRIC_SLOWDOWN_GEOMETRIC,
	METRIC_SLOWDOWN_P99,
	/* Mean waits: by the job's share of all CPUs, */
	METRIC_WAIT_SERIAL,
	METRIC_WAIT_NARROW,
	METRIC_WAIT_MEDIUM,
	METRIC_WAIT_WIDE,
	/* and by its run time. */
	METRIC_WAIT_MINUTES,
	METRIC_WAIT_HOUR,
	METRIC_WAIT_HOURS,
	METRIC_WAIT_LONG,
	METRIC_UTILISATION,
	METRIC_CHECKPOINTED,
	METRIC_CHECKPOINTS,
	METRIC_CHECKPOINTS_MOST,
	METRIC_LOST,
	METRIC_MOVES,
	/* Of placed nodes; NAN where CPUs are counted. */
	METRIC_ENERGY,
	METRIC_ENERGY_SAVED,
	METRIC_BOOTS,
	METRICS
};

struct metric_kind {
	const char *name;
	const char *unit;
	const char *meaning;
};
extern const struct metric_kind metric_kinds[METRICS];

struct metrics {
	double values[METRICS]; /* NAN: there is no such job */
};

int metrics_of(struct metrics *m, const struct trace *t, const struct sim_result *r,
	       uint64_t cpus, struct error *e);

/* The wait of a job of the trace. */
int64_t metrics_wait(const struct trace *t, const struct sim_result *r, size_t job);

/* A mean over runs, and half the width of its 95 % confidence interval (Student's t). */
struct metric_mean {
	double mean;
	double half; /* NAN for a single run */
};
struct metric_mean metric_mean(const double *values, size_t count);

#endif
