// SPDX-License-Identifier: GPL-2.0-or-later
/* Sections of a program that are not to be saved: control_sides.h. */
#define _GNU_SOURCE
#include "control_sides.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "lib/slurmcheckpoint.h"

/* ---- sections that are not to be saved ---- */

/* The process that takes a checkpoint. */
static int takes_a_checkpoint(struct child *child)
{
	cleanup_close int gate = -1;
	struct error e = { .text = "" };

	said_fd = child->runner->said[1];
	gate = control_shut(child->runner->dir, child->cancel[0], &e);
	if (gate < 0) {
		MUST(strstr(e.text, "does not allow checkpoints"));
		say(child, SAID_GAVE_UP);
		return 0;
	}
	MUST(*child->runner->left);
	say(child, SAID_SHUT);
	wait_for_go(child);
	return 0;
}

static int is_in_a_section(struct child *child)
{
	MUST(checkpoint_disable() == 0);
	here(child);
	*child->runner->left = true;
	MUST(checkpoint_enable() == 0);
	here(child);
	return 0;
}

static void a_checkpoint_waits_for_the_end_of_a_section(void **state)
{
	struct runner *r = *state;
	struct child *job = start(r, is_in_a_section);
	struct child *worker;

	await(r, SAID_HERE);
	worker = start(r, takes_a_checkpoint);
	await(r, SAID_WAITS);
	go_on(job);
	await(r, SAID_SHUT);
	go_on(worker);
	go_on(job);
	await(r, SAID_DONE);
	await(r, SAID_DONE);
	reap(job);
	reap(worker);
}

static void a_process_that_is_killed_has_left_its_section(void **state)
{
	struct runner *r = *state;
	struct child *job = start(r, is_in_a_section);
	struct child *worker;

	await(r, SAID_HERE);
	worker = start(r, takes_a_checkpoint);
	await(r, SAID_WAITS);
	*r->left = true;
	slay(job);
	await(r, SAID_SHUT);
	go_on(worker);
	finish(worker);
}

static void one_of_several_sections_is_enough_to_be_waited_for(void **state)
{
	struct runner *r = *state;
	struct child *first = start(r, is_in_a_section);
	struct child *second = start(r, is_in_a_section);
	struct child *worker;

	await(r, SAID_HERE);
	await(r, SAID_HERE);
	worker = start(r, takes_a_checkpoint);
	await(r, SAID_WAITS);
	slay(first);
	await(r, SAID_WAITS);
	*r->left = true;
	slay(second);
	await(r, SAID_SHUT);
	go_on(worker);
	finish(worker);
}

static void without_a_section_there_is_no_wait(void **state)
{
	struct runner *r = *state;
	struct child *worker;

	*r->left = true;
	worker = start(r, takes_a_checkpoint);
	await(r, SAID_SHUT);
	go_on(worker);
	finish(worker);
	assert_int_equal(r->seen[SAID_WAITS], 0);
}

static void a_wait_that_is_cancelled_ends(void **state)
{
	struct runner *r = *state;
	struct child *job = start(r, is_in_a_section);
	struct child *worker;

	await(r, SAID_HERE);
	worker = start(r, takes_a_checkpoint);
	await(r, SAID_WAITS);
	assert_int_equal(write(worker->cancel[1], "", 1), 1);
	await(r, SAID_GAVE_UP);
	finish(worker);
	assert_true(is_locked(r, CONTROL_LOCK_DUMP, F_WRLCK));
	slay(job);
}

static int begins_a_section(struct child *child)
{
	MUST(checkpoint_disable() == 0);
	MUST(*child->runner->left);
	MUST(checkpoint_enable() == 0);
	return 0;
}

static void no_section_begins_while_a_checkpoint_is_taken(void **state)
{
	struct runner *r = *state;
	struct child *worker, *job;

	*r->left = true;
	worker = start(r, takes_a_checkpoint);
	await(r, SAID_SHUT);
	*r->left = false;
	job = start(r, begins_a_section);
	await_blocked(job);
	*r->left = true;
	slay(worker);
	finish(job);
}

static void nobody_speaks_while_a_checkpoint_is_taken(void **state)
{
	struct runner *r = *state;
	struct child *worker, *job;

	*r->left = true;
	worker = start(r, takes_a_checkpoint);
	await(r, SAID_SHUT);
	job = start(r, asks_for_its_state);
	await_blocked(job);
	assert_int_equal(r->seen[SAID_STATE], 0);
	slay(worker);
	finish(job);
	assert_int_equal(r->seen[SAID_STATE], 1);
}

static int nests_sections(struct child *child)
{
	for (int i = 0; i < 3; i++)
		MUST(checkpoint_disable() == 0);
	MUST(checkpoint_enable() == 0);
	MUST(checkpoint_enable() == 0);
	MUST(checkpoint_restarted() == 0); /* speaking ends no section */
	here(child);
	*child->runner->left = true;
	MUST(checkpoint_enable() == 0);
	MUST(checkpoint_enable() == -1 && errno == EINVAL);
	here(child);
	return 0;
}

static void sections_nest(void **state)
{
	struct runner *r = *state;
	struct child *job = start(r, nests_sections);
	struct child *worker;

	await(r, SAID_HERE);
	worker = start(r, takes_a_checkpoint);
	await(r, SAID_WAITS);
	go_on(job);
	await(r, SAID_SHUT);
	go_on(worker);
	finish(worker);
	go_on(job);
	finish(job);
}

static int asks_in_a_section(struct child *child)
{
	MUST(checkpoint_disable() == 0);
	MUST(checkpoint_now() == -1 && errno == EBUSY);
	MUST(checkpoint_enable() == 0);
	MUST(checkpoint_now() == 0);
	return 0;
}

static void nobody_asks_for_a_checkpoint_in_a_section(void **state)
{
	struct runner *r = *state;
	struct child *job = start(r, asks_in_a_section);

	await(r, SAID_CREATE);
	control_begin(r->control);
	control_finish(r->control, NULL);
	finish(job);
	assert_int_equal(r->seen[SAID_CREATE], 0);
}

/* ---- children of the job's ---- */

static int has_a_child_that_ends(struct child *child)
{
	pid_t pid;
	int status;

	MUST(checkpoint_disable() == 0);
	pid = fork();
	if (pid == 0)
		_exit(checkpoint_enable() == -1 && errno == EINVAL ? 0 : 1);
	MUST(waitpid(pid, &status, 0) == pid && status == 0);
	here(child);
	*child->runner->left = true;
	MUST(checkpoint_enable() == 0);
	return 0;
}

static void a_child_begins_outside_and_its_end_ends_no_section(void **state)
{
	struct runner *r = *state;
	struct child *job = start(r, has_a_child_that_ends);
	struct child *worker;

	await(r, SAID_HERE);
	worker = start(r, takes_a_checkpoint);
	await(r, SAID_WAITS);
	go_on(job);
	await(r, SAID_SHUT);
	go_on(worker);
	await(r, SAID_DONE);
	await(r, SAID_DONE);
	reap(job);
	reap(worker);
}

static int has_a_child_that_stays(struct child *child)
{
	pid_t pid;
	int status;

	MUST(checkpoint_disable() == 0);
	pid = fork();
	if (pid == 0) {
		pause();
		_exit(0);
	}
	here(child);
	*child->runner->left = true;
	MUST(checkpoint_enable() == 0);
	here(child);
	MUST(kill(pid, SIGKILL) == 0 && waitpid(pid, &status, 0) == pid);
	return 0;
}

static void a_child_does_not_stay_in_its_parents_section(void **state)
{
	struct runner *r = *state;
	struct child *job = start(r, has_a_child_that_stays);
	struct child *worker;

	await(r, SAID_HERE);
	worker = start(r, takes_a_checkpoint);
	await(r, SAID_WAITS);
	go_on(job);
	await(r, SAID_SHUT);
	go_on(worker);
	finish(worker);
	await(r, SAID_HERE);
	go_on(job);
	finish(job);
}

static int has_a_child_in_a_section(struct child *child)
{
	pid_t pid;
	int status;

	MUST(checkpoint_disable() == 0);
	pid = fork();
	if (pid == 0) {
		MUST(checkpoint_disable() == 0);
		here(child);
		_exit(0);
	}
	MUST(checkpoint_enable() == 0);
	MUST(waitpid(pid, &status, 0) == pid && status == 0);
	return 0;
}

static void a_child_has_sections_of_its_own(void **state)
{
	struct runner *r = *state;
	struct child *job = start(r, has_a_child_in_a_section);
	struct child *worker;

	await(r, SAID_HERE);
	worker = start(r, takes_a_checkpoint);
	await(r, SAID_WAITS);
	*r->left = true;
	go_on(job);
	await(r, SAID_SHUT);
	go_on(worker);
	await(r, SAID_DONE);
	await(r, SAID_DONE);
	reap(job);
	reap(worker);
}

/* ---- threads of the job's ---- */

static void *saves_all(void *arg)
{
	(void)arg;
	return (void *)(intptr_t)checkpoint_now();
}

/* One thread waits for a checkpoint, while the other is in a section. */
static int has_two_threads(struct child *child)
{
	pthread_t thread;
	void *result;

	MUST(pthread_create(&thread, NULL, saves_all, NULL) == 0);
	wait_for_go(child);
	MUST(checkpoint_disable() == 0);
	MUST(checkpoint_now() == -1 && errno == EBUSY);
	here(child);
	*child->runner->left = true;
	MUST(checkpoint_enable() == 0);
	MUST(pthread_join(thread, &result) == 0 && result == NULL);
	return 0;
}

static struct child *start_two_threads(struct runner *r)
{
	struct child *job = start(r, has_two_threads);

	await(r, SAID_CREATE);
	await_blocked(job);
	go_on(job);
	await(r, SAID_HERE);
	return job;
}

static void a_section_ends_while_another_thread_waits_for_a_checkpoint(void **state)
{
	struct runner *r = *state;
	struct child *job = start_two_threads(r);
	struct child *worker;

	control_begin(r->control);
	worker = start(r, takes_a_checkpoint);
	await(r, SAID_WAITS);
	go_on(job);
	await(r, SAID_SHUT);
	go_on(worker);
	finish(worker);
	control_finish(r->control, NULL);
	finish(job);
}

static void a_thread_that_is_let_go_ends_no_section_of_anothers(void **state)
{
	struct runner *r = *state;
	struct child *job = start_two_threads(r);

	control_begin(r->control);
	control_finish(r->control, NULL);
	await(r, SAID_RESULT);
	assert_true(is_locked(r, CONTROL_LOCK_DUMP, F_WRLCK));
	go_on(job);
	finish(job);
	assert_false(is_locked(r, CONTROL_LOCK_DUMP, F_WRLCK));
}

static void *goes_in_and_out(void *arg)
{
	intptr_t wrong = 0;

	(void)arg;
	for (int i = 0; i < 200; i++)
		wrong |= checkpoint_disable() | checkpoint_restarted() |
			 checkpoint_enable();
	return (void *)wrong;
}

static int has_many_threads(struct child *child)
{
	pthread_t threads[4];

	for (size_t i = 0; i < LENGTH(threads); i++)
		MUST(pthread_create(&threads[i], NULL, goes_in_and_out, NULL) == 0);
	for (size_t i = 0; i < LENGTH(threads); i++) {
		void *wrong;

		MUST(pthread_join(threads[i], &wrong) == 0 && !wrong);
	}
	MUST(checkpoint_enable() == -1 && errno == EINVAL);
	return 0;
}

static void threads_do_not_disturb_each_other(void **state)
{
	struct runner *r = *state;
	struct child *job = start(r, has_many_threads);

	finish(job);
	assert_false(is_locked(r, CONTROL_LOCK_DUMP, F_WRLCK));
	assert_int_equal(r->seen[SAID_STATE], 800);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_runner(a_checkpoint_waits_for_the_end_of_a_section),
		with_runner(a_process_that_is_killed_has_left_its_section),
		with_runner(one_of_several_sections_is_enough_to_be_waited_for),
		with_runner(without_a_section_there_is_no_wait),
		with_runner(a_wait_that_is_cancelled_ends),
		with_runner(no_section_begins_while_a_checkpoint_is_taken),
		with_runner(nobody_speaks_while_a_checkpoint_is_taken),
		with_runner(sections_nest),
		with_runner(nobody_asks_for_a_checkpoint_in_a_section),
		with_runner(a_child_begins_outside_and_its_end_ends_no_section),
		with_runner(a_child_does_not_stay_in_its_parents_section),
		with_runner(a_child_has_sections_of_its_own),
		with_runner(a_section_ends_while_another_thread_waits_for_a_checkpoint),
		with_runner(a_thread_that_is_let_go_ends_no_section_of_anothers),
		with_runner(threads_do_not_disturb_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
