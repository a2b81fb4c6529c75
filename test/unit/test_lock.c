// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "store/lock.h"

#include <signal.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "testing.h"

#define LONG 60 /* seconds; no test waits for that */

static enum lock_outcome try_lock(const struct folder *folder, int *fd)
{
	struct error e;

	return lock_try(folder, fd, &e);
}

/* A process that holds the lock, and has children that do, too: they end with it. */
static pid_t start_holder(const struct folder *folder)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		int fd;

		if (try_lock(folder, &fd) == LOCK_OURS)
			(void)!write(ready[1], "", 1);
		pause();
		_exit(0);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static void end_holder(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void a_lock_is_one_start_s(void **state)
{
	cleanup_folder struct folder folder;
	cleanup_close int ours = -1;
	cleanup_close int theirs = -1;

	make_folder(*state, 7, &folder);
	assert_int_equal(try_lock(&folder, &ours), LOCK_OURS);
	assert_int_equal(try_lock(&folder, &theirs), LOCK_BUSY);
	close(ours);
	ours = -1;
	close(theirs);
	assert_int_equal(try_lock(&folder, &theirs), LOCK_OURS);
}

static void who_waits_has_it_when_the_other_has_died(void **state)
{
	cleanup_close int never = eventfd(0, EFD_CLOEXEC);
	cleanup_folder struct folder folder;
	cleanup_close int ours = -1;
	cleanup_close int third = -1;
	struct error e;
	pid_t holder;

	make_folder(*state, 7, &folder);
	holder = start_holder(&folder);
	assert_int_equal(try_lock(&folder, &ours), LOCK_BUSY);
	if (fork() == 0) {
		kill(holder, SIGKILL);
		_exit(0);
	}
	assert_int_equal(lock_wait(ours, never, LONG, &e), LOCK_OURS);
	while (wait(NULL) > 0)
		;
	assert_int_equal(try_lock(&folder, &third), LOCK_BUSY);
}

/* What comes of waiting so long for a lock that stays another's. */
static enum lock_outcome wait_in_vain(struct place *p, unsigned int cancelled,
				      unsigned int seconds, struct error *e)
{
	cleanup_close int cancel = eventfd(cancelled, EFD_CLOEXEC);
	cleanup_folder struct folder folder;
	cleanup_close int ours = -1;
	enum lock_outcome outcome;
	pid_t holder;

	make_folder(p, 7, &folder);
	holder = start_holder(&folder);
	assert_int_equal(try_lock(&folder, &ours), LOCK_BUSY);
	outcome = lock_wait(ours, cancel, seconds, e);
	end_holder(holder);
	return outcome;
}

static void who_is_cancelled_waits_no_longer(void **state)
{
	struct error e;

	assert_int_equal(wait_in_vain(*state, 1, LONG, &e), LOCK_CANCELLED);
}

static void nobody_waits_for_ever(void **state)
{
	struct error e;

	assert_int_equal(wait_in_vain(*state, 0, 0, &e), LOCK_FAILED);
	assert_says(&e, "another start of the job still runs");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(a_lock_is_one_start_s),
		in_place(who_waits_has_it_when_the_other_has_died),
		in_place(who_is_cancelled_waits_no_longer),
		in_place(nobody_waits_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
