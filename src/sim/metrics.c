// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/metrics.h"

#include <math.h>
#include <stdlib.h>

#include "base/cleanup.h"

#define BOUND 10 /* seconds */

const struct metric_kind metric_kinds[METRICS] = {
	[METRIC_WAIT] = { "wait_mean", "s", "wait" },
	[METRIC_WAIT_GEOMETRIC] = { "wait_geometric", "s",
				    "geometric mean of wait + 1 s" },
	[METRIC_WAIT_P99] = { "wait_p99", "s", "99 of 100 jobs wait less" },
	[METRIC_WAIT_LONGEST] = { "wait_longest", "s", "the longest wait" },
	[METRIC_SLOWDOWN] = { "slowdown_mean", "", "bounded slowdown" },
	[METRIC_SLOWDOWN_GEOMETRIC] = { "slowdown_geometric", "",
					"geometric mean of bounded slowdown" },
	[METRIC_SLOWDOWN_P99] = { "slowdown_p99", "", "99 of 100 jobs have less" },
	[METRIC_WAIT_SERIAL] = { "wait_serial", "s", "wait of jobs of 1 CPU" },
	[METRIC_WAIT_NARROW] = { "wait_narrow", "s", "of at most 1/16 of the CPUs" },
	[METRIC_WAIT_MEDIUM] = { "wait_medium", "s", "of at most 1/4 of the CPUs" },
	[METRIC_WAIT_WIDE] = { "wait_wide", "s", "of more than 1/4 of the CPUs" },
	[METRIC_WAIT_MINUTES] = { "wait_minutes", "s", "wait of jobs below 10 min" },
	[METRIC_WAIT_HOUR] = { "wait_hour", "s", "of 10 min to 1 h" },
	[METRIC_WAIT_HOURS] = { "wait_hours", "s", "of 1 h to 8 h" },
	[METRIC_WAIT_LONG] = { "wait_long", "s", "of more than 8 h" },
	[METRIC_UTILISATION] = { "utilisation", "",
				 "share of the CPUs' time used until the last "
				 "submission" },
	[METRIC_CHECKPOINTED] = { "checkpointed", "", "share of jobs ever checkpointed" },
	[METRIC_CHECKPOINTS] = { "checkpoints", "", "checkpoints of a job that has any" },
	[METRIC_CHECKPOINTS_MOST] = { "checkpoints_most", "", "checkpoints of one job" },
	[METRIC_LOST] = { "lost", "",
			  "checkpoints and restarts, as a share of the work" },
	[METRIC_MOVES] = { "moves", "", "from node to node, of a job" },
	[METRIC_ENERGY] = { "energy", "kWh", "of all nodes until the last submission" },
	[METRIC_ENERGY_SAVED] = { "energy_saved", "",
				  "share of what idle nodes use beyond nodes that are "
				  "off" },
	[METRIC_BOOTS] = { "boots", "", "of a node" },
};

int64_t metrics_wait(const struct trace *t, const struct sim_result *r, size_t job)
{
	return r->finishes[job] - t->jobs[job].submit - t->jobs[job].run;
}

static double slowdown_of(const struct trace *t, const struct sim_result *r, size_t i)
{
	double run = t->jobs[i].run > BOUND ? t->jobs[i].run : BOUND;
	double all = (double)(metrics_wait(t, r, i) + t->jobs[i].run);

	return all > run ? all / run : 1;
}

/* ---- by class ---- */

static enum metric width_class(uint32_t cpus, uint64_t all)
{
	if (cpus == 1)
		return METRIC_WAIT_SERIAL;
	if (cpus * UINT64_C(16) <= all)
		return METRIC_WAIT_NARROW;
	return cpus * UINT64_C(4) <= all ? METRIC_WAIT_MEDIUM : METRIC_WAIT_WIDE;
}

static enum metric length_class(int32_t run)
{
	if (run < 600)
		return METRIC_WAIT_MINUTES;
	if (run < 3600)
		return METRIC_WAIT_HOUR;
	return run <= 8 * 3600 ? METRIC_WAIT_HOURS : METRIC_WAIT_LONG;
}

static void fill_classes(struct metrics *m, const struct trace *t,
			 const struct sim_result *r, uint64_t cpus)
{
	double sums[METRICS] = { 0 };
	size_t counts[METRICS] = { 0 };

	for (size_t i = 0; i < t->count; i++) {
		const struct trace_job *job = &t->jobs[i];
		enum metric width = width_class(job->cpus, cpus);
		enum metric length = length_class(job->run);

		sums[width] += (double)metrics_wait(t, r, i);
		counts[width]++;
		sums[length] += (double)metrics_wait(t, r, i);
		counts[length]++;
	}
	for (int i = METRIC_WAIT_SERIAL; i <= METRIC_WAIT_LONG; i++)
		m->values[i] = counts[i] ? sums[i] / (double)counts[i] : NAN;
}

/* ---- over all jobs ---- */

struct summary {
	double mean, geometric, p99, most;
};

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* offset is added for the geometric mean, which has no place for 0. Sorts values. */
static struct summary summarise(double *values, size_t count, double offset)
{
	struct summary s = { .mean = 0 };

	if (count == 0)
		return (struct summary){ NAN, NAN, NAN, NAN };
	qsort(values, count, sizeof(values[0]), compare);
	for (size_t i = 0; i < count; i++) {
		s.mean += values[i];
		s.geometric += log(values[i] + offset);
	}
	s.mean /= (double)count;
	s.geometric = exp(s.geometric / (double)count);
	s.p99 = values[(count - 1) * 99 / 100];
	s.most = values[count - 1];
	return s;
}

static void fill_waits(struct metrics *m, double *values, const struct trace *t,
		       const struct sim_result *r)
{
	struct summary s;

	for (size_t i = 0; i < t->count; i++)
		values[i] = (double)metrics_wait(t, r, i);
	s = summarise(values, t->count, 1);
	m->values[METRIC_WAIT] = s.mean;
	m->values[METRIC_WAIT_GEOMETRIC] = s.geometric;
	m->values[METRIC_WAIT_P99] = s.p99;
	m->values[METRIC_WAIT_LONGEST] = s.most;
}

static void fill_slowdowns(struct metrics *m, double *values, const struct trace *t,
			   const struct sim_result *r)
{
	struct summary s;

	for (size_t i = 0; i < t->count; i++)
		values[i] = slowdown_of(t, r, i);
	s = summarise(values, t->count, 0);
	m->values[METRIC_SLOWDOWN] = s.mean;
	m->values[METRIC_SLOWDOWN_GEOMETRIC] = s.geometric;
	m->values[METRIC_SLOWDOWN_P99] = s.p99;
}

static double share(double part, double all)
{
	return all > 0 ? part / all : 0;
}

static double work_of(const struct trace *t)
{
	double work = 0;

	for (size_t i = 0; i < t->count; i++)
		work += (double)t->jobs[i].cpus * t->jobs[i].run;
	return work;
}

static void fill_energy(struct metrics *m, const struct sim_result *r)
{
	const struct power_sums *p = &r->power;

	m->values[METRIC_ENERGY] = p->always_on > 0 ? p->joules / 3.6e6 : NAN;
	m->values[METRIC_ENERGY_SAVED] =
		p->always_on > p->bound
			? (p->always_on - p->joules) / (p->always_on - p->bound)
			: NAN;
	m->values[METRIC_BOOTS] = r->nodes ? (double)r->boots / (double)r->nodes : NAN;
}

int metrics_of(struct metrics *m, const struct trace *t, const struct sim_result *r,
	       uint64_t cpus, struct error *e)
{
	cleanup_free double *values = malloc((t->count + 1) * sizeof(*values));

	if (!values)
		return error_sys(e, "%zu jobs", t->count);
	fill_waits(m, values, t, r);
	fill_slowdowns(m, values, t, r);
	fill_classes(m, t, r, cpus);
	m->values[METRIC_UTILISATION] = r->used;
	m->values[METRIC_CHECKPOINTED] = share((double)r->checkpointed, (double)t->count);
	m->values[METRIC_CHECKPOINTS] =
		share((double)r->checkpoints, (double)r->checkpointed);
	m->values[METRIC_CHECKPOINTS_MOST] = r->most;
	m->values[METRIC_MOVES] = share((double)r->moves, (double)t->count);
	fill_energy(m, r);
	m->values[METRIC_LOST] = share(r->lost, work_of(t));
	return 0;
}

/* ---- over runs ---- */

/* Student's t for 95 % on both sides, by degrees of freedom. */
static double student(size_t freedom)
{
	static const double t[] = { 0,	   12.706, 4.303, 3.182, 2.776, 2.571, 2.447,
				    2.365, 2.306,  2.262, 2.228, 2.201, 2.179, 2.160,
				    2.145, 2.131,  2.120, 2.110, 2.101, 2.093, 2.086,
				    2.080, 2.074,  2.069, 2.064, 2.060, 2.056, 2.052,
				    2.048, 2.045,  2.042 };

	return freedom < sizeof(t) / sizeof(t[0]) ? t[freedom] : 1.96;
}

struct metric_mean metric_mean(const double *values, size_t count)
{
	struct metric_mean m = { .mean = 0, .half = NAN };
	double squares = 0;

	for (size_t i = 0; i < count; i++)
		m.mean += values[i];
	m.mean /= (double)count;
	for (size_t i = 0; i < count; i++)
		squares += (values[i] - m.mean) * (values[i] - m.mean);
	if (count > 1)
		m.half = student(count - 1) *
			 sqrt(squares / (double)(count - 1) / (double)count);
	return m;
}
