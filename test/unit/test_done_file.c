// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/app/done_file.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "testing.h"

static struct loop *begin(struct done_file *done, const char *path)
{
	struct error e;
	struct loop *loop = loop_new(&e);

	assert_non_null(loop);
	assert_int_equal(done_file_open(done, path, loop, &e), 0);
	return loop;
}

static void finish(struct done_file *done, struct loop *loop)
{
	done_file_close(done);
	loop_free(loop);
}

/* Has the kernel told of something? Then look at it. */
static bool is_there_at_once(struct done_file *done, struct loop *loop)
{
	struct pollfd fd = { .fd = done->watch, .events = POLLIN };
	struct error e;

	while (!done->there && poll(&fd, 1, 0) > 0)
		assert_int_equal(loop_once(loop, &e), 0);
	return done->there;
}

static void wait_until_there(const struct done_file *done, struct loop *loop)
{
	struct error e;

	while (!done->there)
		assert_int_equal(loop_once(loop, &e), 0);
}

static void a_file_that_was_there_before_is_none(void **state)
{
	struct place *p = *state;
	struct done_file done;
	struct loop *loop;

	put_file(p->fd, "done", "of the last time");
	put_file(p->fd, "other", "");
	loop = begin(&done, place_path(p, "done"));
	put_file(p->fd, "another", "");
	assert_false(is_there_at_once(&done, loop));
	finish(&done, loop);
}

static void a_file_is_there_when_it_has_been_written(void **state)
{
	struct place *p = *state;
	struct done_file done;
	struct loop *loop = begin(&done, place_path(p, "done"));
	int fd = openat(p->fd, "done", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "half", 4), 4);
	assert_false(is_there_at_once(&done, loop));
	close(fd);
	assert_true(is_there_at_once(&done, loop));
	finish(&done, loop);
}

static void a_file_is_there_when_it_is_renamed_over_the_one_before(void **state)
{
	struct place *p = *state;
	struct done_file done;
	struct loop *loop;

	put_file(p->fd, "done", "same");
	loop = begin(&done, place_path(p, "done"));
	put_file(p->fd, "new", "same");
	assert_int_equal(renameat(p->fd, "new", p->fd, "done"), 0);
	assert_true(is_there_at_once(&done, loop));
	finish(&done, loop);
}

/* As of what another node does: a link tells the directory of no file that was written.
 */
static void a_file_of_which_nobody_tells_is_found(void **state)
{
	struct place *p = *state;
	struct done_file done;
	struct loop *loop = begin(&done, place_path(p, "done"));

	put_file(p->fd, "made", "elsewhere");
	assert_int_equal(linkat(p->fd, "made", p->fd, "done", 0), 0);
	assert_false(is_there_at_once(&done, loop));
	wait_until_there(&done, loop);
	finish(&done, loop);
}

static void its_directory_may_be_made_later(void **state)
{
	struct place *p = *state;
	struct done_file done;
	struct loop *loop = begin(&done, place_path(p, "later/done"));

	assert_int_equal(mkdirat(p->fd, "later", 0700), 0);
	put_file(p->fd, "later/done", "");
	wait_until_there(&done, loop);
	finish(&done, loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(a_file_that_was_there_before_is_none),
		in_place(a_file_is_there_when_it_has_been_written),
		in_place(a_file_is_there_when_it_is_renamed_over_the_one_before),
		in_place(a_file_of_which_nobody_tells_is_found),
		in_place(its_directory_may_be_made_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
