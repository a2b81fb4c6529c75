// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_sim_oracle.c - a second simulator, as simple as can be: it looks at every second at
 * every job. The real one has to agree with it on every start and end.
 */
#include "sim/sim.h"

#include <stdlib.h>
#include <string.h>

#include "plan/order.h"
#include "sim/random.h"
#include "testing.h"

#define JOBS_MAX  60
#define WORKLOADS 400
#define COST	  3 /* seconds of a checkpoint and of a restart */

enum state { TO_COME, WAITS, RUNS, LEAVES, ENDED };

struct job {
	long submit, run, estimate, cpus;
	enum state state;
	long work_start, done, until; /* until: its CPUs are expected to be free */
	long checkpoints;
	bool boosted;
	long first_start, finish;
};

struct naive {
	const struct sim_options *options;
	struct job jobs[JOBS_MAX];
	size_t count;
	size_t queue[JOBS_MAX]; /* in its order */
	size_t waiting;
	long now, free, submitted, checkpointed;
};

/* ---- the naive simulator ---- */

static long length_of(const struct job *j)
{
	return (j->checkpoints ? COST : 0) + j->estimate - j->done;
}

static void start_at(struct naive *n, size_t place)
{
	struct job *j = &n->jobs[n->queue[place]];

	memmove(n->queue + place, n->queue + place + 1,
		(n->waiting - place - 1) * sizeof(n->queue[0]));
	n->waiting--;
	j->state = RUNS;
	j->boosted = false;
	j->work_start = n->now + (j->checkpoints ? COST : 0);
	j->until = n->now + length_of(j);
	n->free -= j->cpus;
	if (j->first_start < 0)
		j->first_start = n->now;
}

static long free_at(const struct naive *n, long when)
{
	long sum = n->free;

	for (size_t i = 0; i < n->count; i++) {
		const struct job *j = &n->jobs[i];

		if ((j->state == RUNS || j->state == LEAVES) && j->until <= when)
			sum += j->cpus;
	}
	return sum;
}

static void naive_easy(struct naive *n)
{
	long shadow = n->now, extra;

	while (n->waiting && n->jobs[n->queue[0]].cpus <= n->free)
		start_at(n, 0);
	if (!n->waiting)
		return;
	while (free_at(n, shadow) < n->jobs[n->queue[0]].cpus)
		shadow++;
	extra = free_at(n, shadow) - n->jobs[n->queue[0]].cpus;
	for (size_t i = 1; i < n->waiting;) {
		const struct job *j = &n->jobs[n->queue[i]];
		bool passes = n->now + length_of(j) > shadow;

		if (j->cpus > n->free || (passes && j->cpus > extra)) {
			i++;
			continue;
		}
		if (passes)
			extra -= j->cpus;
		start_at(n, i);
	}
}

/* Is a to be before b? By fractions that need no division. */
static bool before(const struct naive *n, size_t a, size_t b)
{
	const struct job *x = &n->jobs[a], *y = &n->jobs[b];
	long left = (n->now - x->submit) * y->estimate;
	long right = (n->now - y->submit) * x->estimate;

	if (x->boosted != y->boosted)
		return x->boosted;
	return left != right ? left > right : a < b;
}

static void naive_sort(struct naive *n)
{
	for (size_t i = 1; i < n->waiting; i++) {
		for (size_t k = i; k > 0 && before(n, n->queue[k], n->queue[k - 1]);
		     k--) {
			size_t other = n->queue[k];

			n->queue[k] = n->queue[k - 1];
			n->queue[k - 1] = other;
		}
	}
}

static void fill_job(const struct naive *n, size_t i, struct cluster_job *copy)
{
	const struct job *j = &n->jobs[i];

	*copy = (struct cluster_job){
		.id = (uint32_t)i,
		.cpus = (uint32_t)j->cpus,
		.checkpoints = (uint32_t)j->checkpoints,
		.phase = j->state == WAITS ? CLUSTER_WAITING : CLUSTER_RUNNING,
		.boosted = j->boosted,
		.submit = j->submit,
		.start = j->work_start,
		.done = j->done,
		.estimate = j->estimate,
		.dump = COST,
		.restore = COST,
		.fair_wait = -1,
	};
}

static void leave(struct naive *n, struct job *j)
{
	if (n->now > j->work_start)
		j->done += n->now - j->work_start;
	j->state = LEAVES;
	j->until = n->now + COST;
	n->checkpointed += j->checkpoints == 0;
	j->checkpoints++;
}

/* The policy is the real one, on a cluster that is made anew. */
static void naive_preempt(struct naive *n)
{
	struct cluster_job copies[JOBS_MAX];
	struct preempt_plan plan = { 0 };
	struct cluster c = { .now = n->now,
			     .cpus = n->options->cpus,
			     .free = (uint64_t)n->free,
			     .submitted = (uint64_t)n->submitted,
			     .checkpointed = (uint64_t)n->checkpointed };

	for (size_t i = 0; i < n->count; i++) {
		fill_job(n, i, &copies[i]);
		if (n->jobs[i].state == RUNS)
			assert_int_equal(cluster_list_add(&c.running, &copies[i]), 0);
		if (n->jobs[i].state == LEAVES)
			c.leaving += (uint64_t)n->jobs[i].cpus;
	}
	for (size_t i = 0; i < n->waiting; i++)
		assert_int_equal(cluster_list_add(&c.waiting, &copies[n->queue[i]]), 0);
	assert_int_equal(preempt_decide(&n->options->preempt, &c, &plan), 0);
	for (size_t i = 0; i < plan.count; i++) {
		struct job *j = &n->jobs[plan.moves[i].job->id];

		if (plan.moves[i].act == PREEMPT_BOOST)
			j->boosted = true;
		else
			leave(n, j);
	}
	preempt_plan_free(&plan);
	cluster_list_free(&c.waiting);
	cluster_list_free(&c.running);
}

static void enter(struct naive *n, size_t i)
{
	n->jobs[i].state = WAITS;
	n->queue[n->waiting++] = i;
}

static void end_jobs(struct naive *n)
{
	for (size_t i = 0; i < n->count; i++) {
		struct job *j = &n->jobs[i];

		if (j->state == LEAVES && j->until == n->now) {
			n->free += j->cpus;
			enter(n, i);
		} else if (j->state == RUNS &&
			   j->done + n->now - j->work_start == j->run) {
			n->free += j->cpus;
			j->state = ENDED;
			j->finish = n->now;
		}
	}
}

static void naive_second(struct naive *n)
{
	end_jobs(n);
	for (size_t i = 0; i < n->count; i++) {
		if (n->jobs[i].submit == n->now) {
			n->submitted++;
			enter(n, i);
		}
	}
	if (n->options->policy != SIM_EASY && n->waiting &&
	    n->now % n->options->cycle == 0) {
		naive_sort(n);
		if (n->options->policy == SIM_PREEMPT) {
			naive_preempt(n);
			naive_sort(n);
		}
	}
	naive_easy(n);
}

static void naive_run(struct naive *n)
{
	bool all = false;

	n->free = (long)n->options->cpus;
	for (n->now = 0; !all; n->now++) {
		naive_second(n);
		all = true;
		for (size_t i = 0; i < n->count; i++)
			all = all && n->jobs[i].state == ENDED;
	}
}

/* ---- small workloads ---- */

static long draw(struct sim_random *r, long from, long to)
{
	return from + (long)(sim_random_next(r) % (uint64_t)(to - from + 1));
}

static void make_workload(struct naive *n, struct trace *t, uint64_t seed)
{
	struct sim_random r = { .state = seed };
	struct error e;
	long at = 0, gap = draw(&r, 0, 12), all = (long)n->options->cpus;

	n->count = (size_t)draw(&r, 1, JOBS_MAX);
	for (size_t i = 0; i < n->count; i++) {
		struct job *j = &n->jobs[i];
		struct trace_line job;

		at += draw(&r, 0, gap);
		*j = (struct job){ .submit = at, .first_start = -1 };
		j->cpus = draw(&r, 1, draw(&r, 0, 3) && all > 3 ? 3 : all);
		j->run = draw(&r, 0, 2) ? draw(&r, 1, 20) : draw(&r, 1, 300);
		j->estimate = j->run + (draw(&r, 0, 1) ? 0 : draw(&r, 0, 100));
		job = (struct trace_line){ .submit = at,
					.run = j->run,
					.estimate = j->estimate,
					.cpus = (uint32_t)j->cpus };
		assert_int_equal(trace_add(t, &job, &e), 0);
	}
}

static struct sim_options small_options(enum sim_policy policy, uint64_t seed)
{
	struct sim_options options = sim_defaults;

	options.policy = policy;
	options.cpus = 1 + seed % 17;
	options.cycle = (long)(1 + seed % 13);
	options.preempt = preempt_defaults;
	options.preempt.share = 0.5;
	options.preempt.rest = 10;
	options.preempt.checkpoints = 3;
	options.guard = guard_defaults;
	/* So many bytes that it is COST seconds when rounded up, however many at once. */
	options.cost = (struct cost_model){ .memory = 1,
					    .fixed = COST - 0.5,
					    .rate = 1e12,
					    .shared = 1e12,
					    .node_cpus = 1 };
	options.check = true;
	return options;
}

/* Returns how many checkpoints there were, so that a test knows it has tested some. */
static uint64_t assert_agree(enum sim_policy policy, uint64_t seed)
{
	struct sim_options options = small_options(policy, seed);
	struct naive n = { .options = &options };
	struct trace t = { 0 };
	struct sim_result r;
	struct error e;
	uint64_t checkpoints;

	make_workload(&n, &t, seed);
	naive_run(&n);
	if (sim_run(&t, &options, &r, &e) < 0)
		fail_msg("seed %lu: %s", seed, e.text);
	for (size_t i = 0; i < n.count; i++) {
		if (r.starts[i] != n.jobs[i].first_start ||
		    r.finishes[i] != n.jobs[i].finish)
			fail_msg("seed %lu, job %zu: %ld to %ld, and not %ld to %ld",
				 seed, i, r.starts[i], r.finishes[i],
				 n.jobs[i].first_start, n.jobs[i].finish);
	}
	checkpoints = r.checkpoints;
	sim_result_free(&r);
	trace_free(&t);
	return checkpoints;
}

static void easy_agrees_on_every_start(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= WORKLOADS; seed++)
		assert_agree(SIM_EASY, seed);
}

static void order_agrees_on_every_start(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= WORKLOADS; seed++)
		assert_agree(SIM_ORDER, seed);
}

static void preempt_agrees_on_every_start_and_end(void **state)
{
	uint64_t checkpoints = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= WORKLOADS; seed++)
		checkpoints += assert_agree(SIM_PREEMPT, seed);
	assert_true(checkpoints > WORKLOADS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(easy_agrees_on_every_start),
		cmocka_unit_test(order_agrees_on_every_start),
		cmocka_unit_test(preempt_agrees_on_every_start_and_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
