// SPDX-License-Identifier: GPL-2.0-or-later
/* Requests of a job for its runner, and their outcomes: control_sides.h. */
#define _GNU_SOURCE
#include "control_sides.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/protocol.h"
#include "base/str.h"
#include "base/unix_socket.h"
#include "lib/slurmcheckpoint.h"

/* ---- asking for a checkpoint ---- */

static int saves_itself(struct child *child)
{
	MUST(checkpoint_now() == 0);
	return 0;
}

static void who_asks_waits_for_the_end_of_the_checkpoint(void **state)
{
	struct runner *r = *state;
	struct child *job = start(r, saves_itself);

	await(r, SAID_CREATE);
	await_blocked(job);
	control_begin(r->control);
	assert_true(is_waited_for(r, r->ticket));
	control_finish(r->control, NULL);
	assert_false(is_waited_for(r, r->ticket));
	finish(job);
	await(r, SAID_RESULT);
}

static void one_that_had_begun_before_does_not_count(void **state)
{
	struct runner *r = *state;
	struct child *job;

	control_begin(r->control);
	job = start(r, saves_itself);
	await(r, SAID_CREATE);
	control_finish(r->control, "it failed");
	assert_true(is_waited_for(r, r->ticket));
	control_begin(r->control);
	control_finish(r->control, NULL);
	finish(job);
}

static void one_checkpoint_is_for_all_who_asked_before(void **state)
{
	struct runner *r = *state;
	struct child *first = start(r, saves_itself);
	struct child *second = start(r, saves_itself);
	uint32_t ticket;

	await(r, SAID_CREATE);
	ticket = r->ticket;
	await(r, SAID_CREATE);
	assert_int_equal(r->ticket, ticket + 1);
	control_begin(r->control);
	control_finish(r->control, NULL);
	await(r, SAID_DONE);
	await(r, SAID_DONE);
	reap(first);
	reap(second);
}

static int is_told_why(struct child *child)
{
	MUST(checkpoint_now() == -1 && errno == EIO);
	MUST(!strcmp(checkpoint_error(), "the disk is full"));
	return 0;
}

static void who_asked_is_told_why_it_failed(void **state)
{
	struct runner *r = *state;
	struct child *job = start(r, is_told_why);

	await(r, SAID_CREATE);
	control_begin(r->control);
	control_finish(r->control, "the disk is full");
	finish(job);
}

static void a_request_that_is_refused_is_not_waited_for(void **state)
{
	struct runner *r = *state;
	struct child *job;

	r->refuses = "the disk is full";
	job = start(r, is_told_why);
	finish(job);
	assert_int_equal(r->seen[SAID_RESULT], 0);
}

static int goes_on_elsewhere(struct child *child)
{
	MUST(checkpoint_now() == 1);
	MUST(checkpoint_restarted() == 4);
	return 0;
}

/* Of which the runner that goes on with the job knows nothing more. */
static void who_was_restarted_from_there_is_told_so(void **state)
{
	struct runner *r = *state;
	struct child *job;

	r->restarts = 3;
	job = start(r, goes_on_elsewhere);
	await(r, SAID_CREATE);
	r->restarts = 4;
	control_begin(r->control);
	control_finish(r->control, "this runner has been killed meanwhile");
	finish(job);
}

static int saves_itself_often(struct child *child)
{
	for (int i = 0; i < 40; i++) {
		if (i % 3 == 0)
			MUST(checkpoint_now() == -1 && errno == EIO);
		else
			MUST(checkpoint_now() == 0);
	}
	return 0;
}

static void a_job_may_ask_as_often_as_it_likes(void **state)
{
	struct runner *r = *state;
	struct child *job = start(r, saves_itself_often);

	for (int i = 0; i < 40; i++) {
		await(r, SAID_CREATE);
		control_begin(r->control);
		control_finish(r->control, i % 3 == 0 ? "no" : NULL);
	}
	finish(job);
}

/* ---- outcomes ---- */

#define UNKNOWN "no such request is known"

static void assert_result(const struct runner *r, uint32_t ticket, int rc,
			  const char *text)
{
	struct control_reply reply = { 0 };

	control_result(r->control, ticket, &reply);
	assert_string_equal(reply.text, text);
	assert_int_equal(reply.rc, rc);
}

static void a_ticket_has_the_outcome_of_its_own_checkpoint(void **state)
{
	struct runner *r = *state;

	for (uint32_t i = 1; i <= 3; i++)
		assert_int_equal(control_ticket(r->control), i);
	control_begin(r->control);
	assert_int_equal(control_ticket(r->control), 4);
	control_finish(r->control, "first");
	assert_int_equal(control_ticket(r->control), 5);
	control_begin(r->control);
	control_finish(r->control, NULL);
	assert_int_equal(control_ticket(r->control), 6);
	for (uint32_t i = 1; i <= 3; i++)
		assert_result(r, i, -1, "first");
	assert_result(r, 4, 0, "");
	assert_result(r, 5, 0, "");
	assert_result(r, 6, -1, UNKNOWN);
	assert_result(r, 7, -1, UNKNOWN);
	assert_result(r, UINT32_MAX, -1, UNKNOWN);
}

/* Better no outcome than another checkpoint's. */
static void an_outcome_that_is_forgotten_is_nobodys(void **state)
{
	struct runner *r = *state;
	struct control_reply reply = { 0 };

	for (uint32_t i = 1; i <= 40; i++) {
		cleanup_free char *why = str_printf("%u", i);

		assert_int_equal(control_ticket(r->control), i);
		control_begin(r->control);
		control_finish(r->control, why);
	}
	assert_result(r, 0, -1, UNKNOWN);
	for (uint32_t i = 1; i <= 40; i++) {
		cleanup_free char *why = str_printf("%u", i);

		memset(&reply, 0, sizeof(reply));
		control_result(r->control, i, &reply);
		assert_int_equal(reply.rc, -1);
		if (i > 40 - 16 || strcmp(reply.text, UNKNOWN) != 0)
			assert_string_equal(reply.text, why);
	}
}

static void a_checkpoint_that_nobody_asked_for_is_no_outcome(void **state)
{
	struct runner *r = *state;

	assert_int_equal(control_ticket(r->control), 1);
	control_begin(r->control);
	control_finish(r->control, "why");
	for (int i = 0; i < 40; i++) {
		control_begin(r->control);
		control_finish(r->control, NULL);
	}
	assert_result(r, 1, -1, "why");
}

/* ---- without a runner ---- */

static int is_not_protected(struct child *child)
{
	MUST(checkpoint_now() == -1 && errno == ENOTSUP);
	MUST(checkpoint_disable() == -1 && errno == ENOTSUP);
	MUST(checkpoint_enable() == -1 && errno == EINVAL);
	MUST(checkpoint_restarted() == -1 && errno == ENOTSUP);
	return 0;
}

static void without_protection_nothing_is_supported(void **state)
{
	struct runner *r = *state;
	const char *const dirs[] = { NULL, "", r->place->path,
				     place_path(r->place, "missing"), "relative" };

	for (size_t i = 0; i < LENGTH(dirs); i++) {
		struct child *job;

		if (dirs[i])
			setenv(CHECKPOINT_ENV_IMAGE_DIR, dirs[i], 1);
		else
			unsetenv(CHECKPOINT_ENV_IMAGE_DIR);
		job = start(r, is_not_protected);
		finish(job);
	}
}

static int is_left_alone(struct child *child)
{
	MUST(checkpoint_now() == -1 && errno == ENOTSUP);
	MUST(checkpoint_restarted() == -1 && errno == ENOTSUP);
	MUST(checkpoint_disable() == 0 && checkpoint_enable() == 0);
	return 0;
}

static void a_runner_that_is_gone_is_none(void **state)
{
	struct runner *r = *state;
	struct child *job;

	control_close(r->control);
	r->control = NULL;
	job = start(r, is_left_alone);
	finish(job);
}

static int loses_its_runner(struct child *child)
{
	MUST(checkpoint_now() == -1 && errno == EIO);
	MUST(strstr(checkpoint_error(), "does not answer any more"));
	return 0;
}

static void who_waits_for_a_runner_that_ends_is_let_go(void **state)
{
	struct runner *r = *state;
	struct child *job = start(r, loses_its_runner);

	await(r, SAID_CREATE);
	await_blocked(job);
	control_close(r->control);
	r->control = NULL;
	finish(job);
}

/* ---- clients that do not keep to it ---- */

static int connect_to(const struct runner *r)
{
	cleanup_free char *path = str_printf("%s/" CONTROL_SOCKET, r->dir);
	int fd = unix_socket_connect(path);

	assert_true(fd >= 0);
	return fd;
}

static void a_client_that_says_nothing_keeps_nobody_waiting(void **state)
{
	struct runner *r = *state;
	int silent[20];
	struct child *job;

	for (size_t i = 0; i < LENGTH(silent); i++) {
		struct error e;

		silent[i] = connect_to(r);
		assert_int_equal(loop_once(r->loop, &e), 0);
	}
	job = start(r, asks_for_its_state);
	finish(job);
	close(silent[3]);
	job = start(r, asks_for_its_state);
	finish(job);
	for (size_t i = 0; i < LENGTH(silent); i++)
		if (i != 3)
			close(silent[i]);
	/* the others are forgotten with the runner's end */
}

static void half_a_request_is_none(void **state)
{
	static const struct control_request request = { .command = CONTROL_STATE };
	struct runner *r = *state;

	for (size_t size = 1; size < sizeof(request); size++) {
		cleanup_close int fd = connect_to(r);
		struct child *job;
		char byte;

		assert_int_equal(write(fd, &request, size), size);
		job = start(r, asks_for_its_state);
		finish(job);
		await(r, SAID_STATE);
		assert_int_equal(r->seen[SAID_STATE], 0);
		assert_int_equal(read(fd, &byte, 1), 0);
	}
}

static void a_client_that_does_not_wait_for_the_answer_does_no_harm(void **state)
{
	static const struct control_request request = { .command = CONTROL_STATE };
	struct runner *r = *state;

	for (int i = 0; i < 20; i++) {
		int fd = connect_to(r);

		assert_int_equal(write(fd, &request, sizeof(request)), sizeof(request));
		close(fd);
		await(r, SAID_STATE);
	}
}

static void who_is_not_heard_any_more_has_no_answer(void **state)
{
	static const struct control_request request = { .command = CONTROL_STATE };
	struct runner *r = *state;
	cleanup_close int before = connect_to(r);
	cleanup_close int after = -1;
	struct error e;
	char byte;

	assert_int_equal(loop_once(r->loop, &e), 0);
	control_ignore(r->control);
	assert_int_equal(read(before, &byte, 1), 0);
	after = connect_to(r);
	assert_int_equal(write(after, &request, sizeof(request)), sizeof(request));
	assert_int_equal(control_hear(r->control, r->loop, answer, r, &e), 0);
	await(r, SAID_STATE);
	assert_int_equal(read(after, &byte, 1), 1);
}

/* ---- the directory ---- */

static void only_the_user_can_reach_the_lock_and_no_link_is_followed(void **state)
{
	struct runner *r = *state;
	cleanup_free char *lock = str_printf("%s/" CONTROL_LOCK, r->dir);
	struct error e;

	assert_mode(AT_FDCWD, lock, 0600);
	assert_int_equal(unlink(lock), 0);
	put_file(r->place->fd, "target", "");
	assert_int_equal(symlink(place_path(r->place, "target"), lock), 0);
	assert_null(control_open(r->dir, &e));
	assert_says(&e, "job/" CONTROL_DIR "/" CONTROL_LOCK);
	assert_int_equal(control_shut(r->dir, -1, &e), -1);
}

static void without_its_directory_a_runner_does_not_listen(void **state)
{
	struct runner *r = *state;
	struct error e;

	assert_null(control_open(place_path(r->place, "missing"), &e));
	assert_says(&e, "missing");
	assert_int_equal(control_shut(place_path(r->place, "missing"), -1, &e), -1);
	assert_says(&e, "missing");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_runner(who_asks_waits_for_the_end_of_the_checkpoint),
		with_runner(one_that_had_begun_before_does_not_count),
		with_runner(one_checkpoint_is_for_all_who_asked_before),
		with_runner(who_asked_is_told_why_it_failed),
		with_runner(a_request_that_is_refused_is_not_waited_for),
		with_runner(who_was_restarted_from_there_is_told_so),
		with_runner(a_job_may_ask_as_often_as_it_likes),
		with_runner(a_ticket_has_the_outcome_of_its_own_checkpoint),
		with_runner(an_outcome_that_is_forgotten_is_nobodys),
		with_runner(a_checkpoint_that_nobody_asked_for_is_no_outcome),
		with_runner(without_protection_nothing_is_supported),
		with_runner(a_runner_that_is_gone_is_none),
		with_runner(who_waits_for_a_runner_that_ends_is_let_go),
		with_runner(a_client_that_says_nothing_keeps_nobody_waiting),
		with_runner(half_a_request_is_none),
		with_runner(a_client_that_does_not_wait_for_the_answer_does_no_harm),
		with_runner(who_is_not_heard_any_more_has_no_answer),
		with_runner(only_the_user_can_reach_the_lock_and_no_link_is_followed),
		with_runner(without_its_directory_a_runner_does_not_listen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
