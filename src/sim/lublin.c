// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/lublin.h"

#include <math.h>

#include "sim/random.h"

/* Widths, in powers of two. */
#define SERIAL	    0.2927 /* share of jobs */
#define POWER_OF_2  0.6686 /* share of jobs, beside the serial ones */
#define LOWEST	    1.2
#define BELOW_TOP   2.5 /* where the first stage ends */
#define FIRST_STAGE 0.875

/* Run times, as natural logarithms: two gammas, mixed by the width. */
#define SHORT_SHAPE 4.2
#define SHORT_SCALE 0.94
#define LONG_SHAPE  312
#define LONG_SCALE  0.03
#define SHORT_SHARE 0.78
#define BY_CPU	    (-0.0054)
#define LOG_RUN_MAX 12

/* Gaps between submissions, as natural logarithms, at the mean of a day. */
#define GAP_SHAPE   10.2303
#define GAP_SCALE   0.4871
#define LOG_GAP_MAX 13

/* Half hours of a day, by how much is submitted in each: a gamma from 5:30 on. */
#define BUCKETS	     48
#define BUCKET	     1800 /* seconds */
#define DAY_START    11	  /* bucket */
#define BUCKET_SHAPE 8.1737
#define BUCKET_SCALE 3.9631

struct lublin {
	struct sim_random random;
	double weights[BUCKETS]; /* 1 on the average */
	double points;		 /* how much of the present bucket is used up */
	size_t bucket;
	int64_t bucket_start; /* seconds */
	double log_cpus;      /* base 2 */
};

static double normal(struct sim_random *r)
{
	double u = 1 - sim_random_unit(r), v = sim_random_unit(r);

	return sqrt(-2 * log(u)) * cos(2 * M_PI * v);
}

/* G. Marsaglia and W. W. Tsang, ACM TOMS 26 (2000); for shapes from 1 on. */
static double gamma_random(struct sim_random *r, double shape, double scale)
{
	double d = shape - 1.0 / 3, c = 1 / sqrt(9 * d), x, v;

	for (;;) {
		x = normal(r);
		v = 1 + c * x;
		v = v * v * v;
		if (v > 0 &&
		    log(1 - sim_random_unit(r)) < x * x / 2 + d - d * v + d * log(v))
			return d * v * scale;
	}
}

static double gamma_density(double x, double shape, double scale)
{
	return exp((shape - 1) * log(x) - x / scale - lgamma(shape) - shape * log(scale));
}

static void make_day(struct lublin *l)
{
	double sum = 0;

	for (size_t i = DAY_START; i < DAY_START + BUCKETS; i++) {
		l->weights[i % BUCKETS] =
			gamma_density((double)i, BUCKET_SHAPE, BUCKET_SCALE);
		sum += l->weights[i % BUCKETS];
	}
	for (size_t i = 0; i < BUCKETS; i++)
		l->weights[i] *= BUCKETS / sum;
}

static uint32_t make_width(struct lublin *l)
{
	double kind = sim_random_unit(&l->random), at = sim_random_unit(&l->random);
	double middle = fmax(l->log_cpus - BELOW_TOP, LOWEST), log_width;

	if (kind <= SERIAL || l->log_cpus < 1)
		return 1;
	if (sim_random_unit(&l->random) <= FIRST_STAGE)
		log_width = LOWEST + at * (middle - LOWEST);
	else
		log_width = middle + at * (l->log_cpus - middle);
	if (kind <= SERIAL + POWER_OF_2)
		log_width = floor(log_width + 0.5);
	if (log_width > l->log_cpus)
		log_width = floor(l->log_cpus);
	return (uint32_t)(exp2(log_width) + 0.5);
}

static int64_t make_run(struct lublin *l, uint32_t cpus)
{
	double share = fmax(BY_CPU * cpus + SHORT_SHARE, 0), log_run;

	do {
		if (sim_random_unit(&l->random) <= share)
			log_run = gamma_random(&l->random, SHORT_SHAPE, SHORT_SCALE);
		else
			log_run = gamma_random(&l->random, LONG_SHAPE, LONG_SCALE);
	} while (log_run > LOG_RUN_MAX);
	return (int64_t)exp(log_run) + 1;
}

/* A gap at the mean of a day is longer at night and shorter at noon. */
static int64_t make_submit(struct lublin *l)
{
	double log_gap;

	do {
		log_gap = gamma_random(&l->random, GAP_SHAPE, GAP_SCALE);
	} while (log_gap > LOG_GAP_MAX);
	l->points += exp(log_gap) / BUCKET;
	while (l->points > l->weights[l->bucket]) {
		l->points -= l->weights[l->bucket];
		l->bucket = (l->bucket + 1) % BUCKETS;
		l->bucket_start += BUCKET;
	}
	return l->bucket_start + (int64_t)(l->points / l->weights[l->bucket] * BUCKET);
}

int lublin_make(struct trace *t, size_t jobs, uint64_t cpus, uint64_t seed,
		struct error *e)
{
	struct lublin l = { .random = { .state = seed }, .log_cpus = log2((double)cpus) };
	struct trace_line job = { 0 };

	make_day(&l);
	for (size_t i = 0; i < jobs; i++) {
		job.submit = make_submit(&l);
		job.cpus = make_width(&l);
		job.run = job.estimate = make_run(&l, job.cpus);
		if (trace_add(t, &job, e) < 0)
			return -1;
	}
	return 0;
}
