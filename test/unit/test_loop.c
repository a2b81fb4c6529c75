// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "base/loop.h"

#include <fcntl.h>
#include <unistd.h>

#include "testing.h"

struct waiter {
	struct loop *loop;
	int fds[2]; /* of a pipe */
	int calls;
	int rc;
	struct waiter *removes;
};

static int on_ready(void *arg, struct error *e)
{
	struct waiter *w = arg;
	char byte;

	w->calls++;
	if (read(w->fds[0], &byte, 1) == 0)
		loop_remove(w->loop, w->fds[0]);
	if (w->removes)
		loop_remove(w->loop, w->removes->fds[0]);
	return w->rc < 0 ? error_set(e, "told to fail") : 0;
}

static void waiter_open(struct waiter *w, struct loop *loop)
{
	struct error e;

	*w = (struct waiter){ .loop = loop };
	assert_int_equal(pipe2(w->fds, O_CLOEXEC), 0);
	assert_int_equal(loop_add(loop, w->fds[0], on_ready, w, &e), 0);
}

static void waiter_close(struct waiter *w)
{
	loop_remove(w->loop, w->fds[0]);
	close(w->fds[0]);
	if (w->fds[1] >= 0)
		close(w->fds[1]);
}

static void make_ready(struct waiter *w)
{
	assert_int_equal(write(w->fds[1], "x", 1), 1);
}

static void only_who_waits_for_a_ready_descriptor_is_called(void **state)
{
	struct waiter a, b;
	struct error e;
	struct loop *loop = loop_new(&e);

	waiter_open(&a, loop);
	waiter_open(&b, loop);
	make_ready(&b);
	assert_int_equal(loop_once(loop, &e), 0);
	assert_int_equal(a.calls, 0);
	assert_int_equal(b.calls, 1);
	make_ready(&a);
	assert_int_equal(loop_once(loop, &e), 0);
	assert_int_equal(a.calls, 1);
	assert_int_equal(b.calls, 1);
	waiter_close(&a);
	waiter_close(&b);
	loop_free(loop);
}

static void a_descriptor_closed_at_its_other_end_is_ready(void **state)
{
	struct waiter a;
	struct error e;
	struct loop *loop = loop_new(&e);

	waiter_open(&a, loop);
	close(a.fds[1]);
	a.fds[1] = -1;
	assert_int_equal(loop_once(loop, &e), 0);
	assert_int_equal(a.calls, 1);
	waiter_close(&a);
	loop_free(loop);
}

static void a_function_that_fails_is_the_loops_failure(void **state)
{
	struct waiter a;
	struct error e;
	struct loop *loop = loop_new(&e);

	waiter_open(&a, loop);
	a.rc = -1;
	make_ready(&a);
	assert_int_equal(loop_once(loop, &e), -1);
	assert_string_equal(e.text, "told to fail");
	waiter_close(&a);
	loop_free(loop);
}

/* Whichever is called first removes the other, whose event is void then. */
static void who_was_removed_by_another_is_not_called(void **state)
{
	struct waiter a, b, last;
	struct error e;
	struct loop *loop = loop_new(&e);

	waiter_open(&a, loop);
	waiter_open(&b, loop);
	waiter_open(&last, loop);
	a.removes = &b;
	b.removes = &a;
	make_ready(&a);
	make_ready(&b);
	assert_int_equal(loop_once(loop, &e), 0);
	make_ready(&last);
	while (last.calls == 0)
		assert_int_equal(loop_once(loop, &e), 0);
	assert_int_equal(a.calls + b.calls, 1);
	waiter_close(&a);
	waiter_close(&b);
	waiter_close(&last);
	loop_free(loop);
}

static void a_descriptor_can_be_removed_twice_or_unknown(void **state)
{
	struct waiter a;
	struct error e;
	struct loop *loop = loop_new(&e);

	loop_remove(loop, 3);
	waiter_open(&a, loop);
	loop_remove(loop, a.fds[0]);
	loop_remove(loop, a.fds[0]);
	loop_remove(loop, -1);
	loop_remove(loop, 1 << 20);
	assert_int_equal(loop_add(loop, a.fds[0], on_ready, &a, &e), 0);
	make_ready(&a);
	assert_int_equal(loop_once(loop, &e), 0);
	assert_int_equal(a.calls, 1);
	waiter_close(&a);
	loop_free(loop);
}

static void descriptors_of_any_number_can_be_waited_for(void **state)
{
	static const int numbers[] = { 31, 32, 63, 64, 65, 127, 128, 700 };
	struct waiter w[LENGTH(numbers)];
	struct error e;
	struct loop *loop = loop_new(&e);

	for (size_t i = 0; i < LENGTH(numbers); i++) {
		int fds[2];

		assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
		w[i] = (struct waiter){ .loop = loop, .fds = { numbers[i], fds[1] } };
		assert_int_equal(dup3(fds[0], numbers[i], O_CLOEXEC), numbers[i]);
		close(fds[0]);
		assert_int_equal(loop_add(loop, numbers[i], on_ready, &w[i], &e), 0);
	}
	for (size_t i = 0; i < LENGTH(numbers); i++) {
		make_ready(&w[i]);
		assert_int_equal(loop_once(loop, &e), 0);
		assert_int_equal(w[i].calls, 1);
	}
	for (size_t i = 0; i < LENGTH(numbers); i++)
		waiter_close(&w[i]);
	loop_free(loop);
}

static void what_is_no_descriptor_is_an_error(void **state)
{
	struct error e;
	struct loop *loop = loop_new(&e);

	assert_int_equal(loop_add(loop, -1, on_ready, NULL, &e), -1);
	assert_says(&e, "Bad file descriptor");
	loop_free(loop);
	loop_free(NULL);
}

static void more_than_there_is_room_for_are_added_and_have_their_turn(void **state)
{
	struct waiter w[150];
	struct error e;
	struct loop *loop = loop_new(&e);

	for (size_t i = 0; i < LENGTH(w); i++) {
		waiter_open(&w[i], loop);
		/* One that is always ready keeps none from its turn. */
		make_ready(&w[i]);
		make_ready(&w[i]);
	}
	for (size_t i = 0; i < LENGTH(w); i++)
		assert_int_equal(loop_once(loop, &e), 0);
	for (size_t i = 0; i < LENGTH(w); i++) {
		assert_int_equal(w[i].calls, 1);
		waiter_close(&w[i]);
	}
	loop_free(loop);
}

static void it_is_waited_until_the_time(void **state)
{
	struct waiter a;
	struct error e;
	struct loop *loop = loop_new(&e);

	waiter_open(&a, loop);
	assert_int_equal(loop_wait(loop, 1, &e), 0);
	assert_int_equal(a.calls, 0);
	make_ready(&a);
	assert_int_equal(loop_wait(loop, 60000, &e), 0);
	assert_int_equal(a.calls, 1);
	waiter_close(&a);
	loop_free(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(only_who_waits_for_a_ready_descriptor_is_called),
		in_place(a_descriptor_closed_at_its_other_end_is_ready),
		in_place(a_function_that_fails_is_the_loops_failure),
		in_place(who_was_removed_by_another_is_not_called),
		in_place(a_descriptor_can_be_removed_twice_or_unknown),
		in_place(descriptors_of_any_number_can_be_waited_for),
		in_place(what_is_no_descriptor_is_an_error),
		in_place(more_than_there_is_room_for_are_added_and_have_their_turn),
		in_place(it_is_waited_until_the_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
