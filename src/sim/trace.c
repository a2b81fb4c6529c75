// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/trace.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/random.h"

int trace_add(struct trace *t, const struct trace_line *job, struct error *e)
{
	if (t->count == TRACE_MAX_JOBS)
		return error_set(e, "more than %d jobs", TRACE_MAX_JOBS);
	if (t->count == t->room) {
		size_t room = t->room ? t->room + t->room / 2 : 4096;
		void *jobs = reallocarray(t->jobs, room, sizeof(t->jobs[0]));

		if (!jobs)
			return error_sys(e, "%zu jobs", room);
		t->jobs = jobs;
		t->room = room;
	}
	t->jobs[t->count++] = (struct trace_job){
		.submit = job->submit,
		.run = (int32_t)job->run,
		.estimate = (int32_t)job->estimate,
		.cpus = job->cpus,
		.memory = job->memory >> 20 < UINT32_MAX
				  ? (uint32_t)((job->memory + (1 << 20) - 1) >> 20)
				  : UINT32_MAX,
	};
	return 0;
}

static int trace_compare(const void *a, const void *b)
{
	const struct trace_job *x = a, *y = b;

	if (x->submit != y->submit)
		return x->submit < y->submit ? -1 : 1;
	if (x->run != y->run)
		return x->run < y->run ? -1 : 1;
	return x->cpus < y->cpus ? -1 : x->cpus > y->cpus;
}

static void trace_sort(struct trace *t)
{
	for (size_t i = 1; i < t->count; i++) {
		if (t->jobs[i].submit < t->jobs[i - 1].submit) {
			qsort(t->jobs, t->count, sizeof(t->jobs[0]), trace_compare);
			return;
		}
	}
}

void trace_fit(struct trace *t, uint64_t cpus)
{
	size_t kept = 0;

	for (size_t i = 0; i < t->count; i++) {
		if (t->jobs[i].cpus <= cpus)
			t->jobs[kept++] = t->jobs[i];
	}
	t->too_wide += t->count - kept;
	t->count = kept;
	trace_sort(t);
	for (size_t i = t->count; i-- > 0;)
		t->jobs[i].submit -= t->jobs[0].submit;
}

double trace_load(const struct trace *t, uint64_t cpus)
{
	double work = 0, span;

	for (size_t i = 0; i < t->count; i++)
		work += (double)t->jobs[i].cpus * t->jobs[i].run;
	span = t->count ? (double)(t->jobs[t->count - 1].submit - t->jobs[0].submit) : 0;
	return span > 0 ? work / (span * (double)cpus) : 0;
}

void trace_set_load(struct trace *t, uint64_t cpus, double load)
{
	double times = trace_load(t, cpus) / load;

	for (size_t i = 0; i < t->count; i++) {
		double submit = (double)t->jobs[i].submit * times;

		t->jobs[i].submit = llround(fmin(submit, (double)TRACE_MAX_TIME));
	}
}

int trace_shake(struct trace *copy, const struct trace *t, uint64_t seed, struct error *e)
{
	struct sim_random random = { .state = seed };
	double at = 0;

	*copy = *t;
	copy->room = t->count;
	copy->jobs = malloc((t->count + 1) * sizeof(t->jobs[0]));
	if (!copy->jobs)
		return error_sys(e, "%zu jobs", t->count);
	memcpy(copy->jobs, t->jobs, t->count * sizeof(t->jobs[0]));
	for (size_t i = 1; i < t->count && seed; i++) {
		double gap = (double)(t->jobs[i].submit - t->jobs[i - 1].submit);

		at += gap * (0.5 + sim_random_unit(&random));
		copy->jobs[i].submit = llround(at);
	}
	return 0;
}

void trace_free(struct trace *t)
{
	free(t->jobs);
	*t = (struct trace){ 0 };
}
