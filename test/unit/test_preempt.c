// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/preempt.h"

#include "plan/guard.h"
#include "plan/order.h"
#include "testing.h"

#define NOW 100000

struct fixture {
	struct cluster c;
	struct cluster_job jobs[16];
	size_t count;
	struct preempt_plan plan;
};

static struct cluster_job *add(struct fixture *f, enum cluster_phase phase, uint32_t cpus,
			       long submit, long estimate)
{
	struct cluster_job *job = &f->jobs[f->count];

	*job = (struct cluster_job){
		.id = (uint32_t)f->count++,
		.cpus = cpus,
		.phase = phase,
		.submit = submit,
		.start = submit,
		.estimate = estimate,
		.dump = 10,
		.restore = 10,
		.fair_wait = -1,
	};
	assert_int_equal(
		cluster_list_add(phase == CLUSTER_WAITING ? &f->c.waiting : &f->c.running,
				 job),
		0);
	return job;
}

static void decide(struct fixture *f)
{
	f->c.now = NOW;
	f->c.submitted = 1000;
	order_queue(&f->c);
	assert_int_equal(preempt_decide(&preempt_defaults, &f->c, &f->plan), 0);
}

static void drop(struct fixture *f)
{
	preempt_plan_free(&f->plan);
	cluster_list_free(&f->c.waiting);
	cluster_list_free(&f->c.running);
}

static void assert_move(const struct fixture *f, size_t i, enum preempt_act act,
			const struct cluster_job *job)
{
	assert_true(i < f->plan.count);
	assert_int_equal(f->plan.moves[i].act, act);
	assert_ptr_equal(f->plan.moves[i].job, job);
}

/* A job of 100 s that has waited for 1000 s, and one long one that has not waited. */
static void a_job_that_suffers_gets_the_cpus_of_one_that_does_not(void **state)
{
	struct fixture f = { 0 };
	struct cluster_job *victim = add(&f, CLUSTER_RUNNING, 4, NOW - 1000, 50000);
	struct cluster_job *job = add(&f, CLUSTER_WAITING, 4, NOW - 1000, 100);

	(void)state;
	decide(&f);
	assert_int_equal(f.plan.count, 2);
	assert_move(&f, 0, PREEMPT_LEAVE, victim);
	assert_ptr_equal(f.plan.moves[0].because, job);
	assert_move(&f, 1, PREEMPT_BOOST, job);
	drop(&f);
}

static void of_two_victims_the_one_that_was_saved_before_is_taken(void **state)
{
	struct fixture f = { 0 };
	struct cluster_job *before;

	(void)state;
	add(&f, CLUSTER_RUNNING, 4, NOW - 1000, 50000);
	before = add(&f, CLUSTER_RUNNING, 8, NOW - 1000, 50000);
	before->checkpoints = 1;
	add(&f, CLUSTER_WAITING, 4, NOW - 1000, 100);
	decide(&f);
	assert_move(&f, 0, PREEMPT_LEAVE, before);
	drop(&f);
}

/* Three of four CPUs would do with 4 free, so the smallest ones stay. */
static void no_more_leave_than_are_needed(void **state)
{
	struct fixture f = { 0 };

	(void)state;
	f.c.free = 4;
	for (int i = 0; i < 8; i++)
		add(&f, CLUSTER_RUNNING, 4, NOW - 1000, 50000);
	add(&f, CLUSTER_WAITING, 16, NOW - 1000, 100);
	decide(&f);
	assert_int_equal(f.plan.count, 3 + 1);
	drop(&f);
}

/* Each reason for itself why the one that could leave does not. */
static void who_may_not_leave_stays(void **state)
{
	(void)state;
	for (int reason = 0; reason < 7; reason++) {
		struct fixture f = { 0 };
		struct cluster_job *v = add(&f, CLUSTER_RUNNING, 4, NOW - 1000, 50000);
		struct cluster_job *job = add(&f, CLUSTER_WAITING, 4, NOW - 1000, 100);

		f.c.checkpointed = reason == 0 ? 40 : 0;
		v->checkpoints = reason == 1 ? preempt_defaults.checkpoints : 0;
		v->start = reason == 2 ? NOW - 10 : v->start;
		v->protected = reason == 3;
		v->estimate = reason == 4 ? 1050 : v->estimate; /* near its end */
		v->submit =
			reason == 5 ? NOW - 600000 : v->submit; /* it has suffered, too */
		v->cpus = reason == 6 ? 33 : v->cpus; /* much wider than the other */
		(void)job;
		decide(&f);
		assert_int_equal(f.plan.count, 0);
		drop(&f);
	}
}

/* Two jobs want CPUs at once, and one more may be checkpointed: one of them gets some. */
static void the_share_is_kept_within_a_decision(void **state)
{
	struct fixture f = { 0 };

	(void)state;
	f.c.checkpointed = 39;
	for (int i = 0; i < 2; i++) {
		add(&f, CLUSTER_RUNNING, 4, NOW - 1000, 50000);
		add(&f, CLUSTER_WAITING, 4, NOW - 1000, 100);
	}
	decide(&f);
	assert_int_equal(f.plan.count, 2);
	drop(&f);
}

static void what_is_claimed_by_others_is_not_free(void **state)
{
	struct fixture f = { 0 };
	struct cluster_job *boosted, *job;

	(void)state;
	f.c.free = 4;
	boosted = add(&f, CLUSTER_WAITING, 3, NOW - 10, 100);
	boosted->boosted = true;
	add(&f, CLUSTER_WAITING, 2, NOW - 10, 100);
	job = add(&f, CLUSTER_WAITING, 1, NOW - 5, 100);
	decide(&f);
	assert_int_equal(f.plan.count, 1);
	assert_move(&f, 0, PREEMPT_BOOST, job);
	drop(&f);
}

/*
 * What is free would do for the second. But the first has waited for so long that it is kept
 * for it; and when it is protected, the one that runs leaves whatever it suffers.
 */
static void one_that_has_waited_for_long_is_not_passed_by(void **state)
{
	struct fixture f = { 0 };
	struct cluster_job *wide, *running;

	(void)state;
	f.c.free = 2;
	running = add(&f, CLUSTER_RUNNING, 6, NOW - 60000, 50000);
	running->start = NOW - 1000;
	wide = add(&f, CLUSTER_WAITING, 8, NOW - 50000, 60000);
	add(&f, CLUSTER_WAITING, 2, NOW - 10, 1000);
	decide(&f);
	assert_int_equal(f.plan.count, 1);
	wide->estimate = 2000;
	running->estimate = 1100;
	decide(&f);
	assert_int_equal(f.plan.count, 0);
	wide->protected = true;
	running->estimate = 2000;
	decide(&f);
	assert_int_equal(f.plan.count, 2);
	assert_move(&f, 0, PREEMPT_LEAVE, running);
	assert_move(&f, 1, PREEMPT_BOOST, wide);
	drop(&f);
}

static void the_guard_protects_those_that_are_most_behind(void **state)
{
	static const long waits[] = { 50000, 40000, 30000, 20000, 1000 };
	static const struct guard_limits limits = { .at_once = 3,
						    .times = 2,
						    .least = 3600 };
	struct fixture f = { .c = { .now = NOW } };

	(void)state;
	for (size_t i = 0; i < LENGTH(waits); i++)
		add(&f, CLUSTER_WAITING, 1, NOW - waits[i], 100)->fair_wait = 5000;
	f.jobs[0].fair_wait = -1;    /* not known */
	f.jobs[1].fair_wait = 39000; /* as it would have been */
	order_queue(&f.c);
	assert_true(guard_protect(&limits, &f.c));
	for (size_t i = 0; i < LENGTH(waits); i++)
		assert_int_equal(f.jobs[i].protected, i == 2 || i == 3);
	order_queue(&f.c);
	assert_ptr_equal(f.c.waiting.jobs[0], &f.jobs[2]);
	assert_false(guard_protect(&limits, &f.c));
	drop(&f);
}

static void factors_are_of_the_work_that_is_known(void **state)
{
	struct cluster_job job = {
		.phase = CLUSTER_RUNNING, .submit = 0, .start = 100, .estimate = 100
	};

	(void)state;
	/* It waits for as long as it is long; works on; and beyond its estimate. */
	assert_true(cluster_factor(&job, 100) == 2);
	assert_true(cluster_factor(&job, 200) == 2);
	assert_true(cluster_factor(&job, 300) == 1.5);
	assert_int_equal(cluster_waited(&job, 300), 100);
	assert_int_equal(cluster_remaining(&job, 150), 50);
	assert_int_equal(cluster_remaining(&job, 300), 1);
	/* A second is not a wait of a hundred times its length. */
	job.estimate = 1;
	assert_true(cluster_factor(&job, 100) == 11);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_job_that_suffers_gets_the_cpus_of_one_that_does_not),
		cmocka_unit_test(of_two_victims_the_one_that_was_saved_before_is_taken),
		cmocka_unit_test(no_more_leave_than_are_needed),
		cmocka_unit_test(who_may_not_leave_stays),
		cmocka_unit_test(the_share_is_kept_within_a_decision),
		cmocka_unit_test(what_is_claimed_by_others_is_not_free),
		cmocka_unit_test(one_that_has_waited_for_long_is_not_passed_by),
		cmocka_unit_test(the_guard_protects_those_that_are_most_behind),
		cmocka_unit_test(factors_are_of_the_work_that_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
