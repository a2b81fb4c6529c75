// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "control_sides.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/protocol.h"
#include "base/str.h"
#include "lib/slurmcheckpoint.h"

#define DEADLINE 20 /* seconds, after which what is waited for never comes */

/* ---- in the processes ---- */

int said_fd = -1;

int __real_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);

int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
	static const char waits = SAID_WAITS;

	if (said_fd >= 0)
		(void)!write(said_fd, &waits, 1);
	return __real_poll(fds, count, timeout);
}

void say(const struct child *child, char what)
{
	(void)!write(child->runner->said[1], &what, 1);
}

void wait_for_go(const struct child *child)
{
	char byte;

	(void)!read(child->go[0], &byte, 1);
}

void here(const struct child *child)
{
	say(child, SAID_HERE);
	wait_for_go(child);
}

/* As if it were a program of its own: the runner's descriptors are none of its. */
static void close_others(const struct child *child)
{
	for (int fd = STDERR_FILENO + 1; fd < 1024; fd++) {
		if (fd != child->go[0] && fd != child->cancel[0] &&
		    fd != child->runner->said[1])
			close(fd);
	}
}

int asks_for_its_state(struct child *child)
{
	MUST(checkpoint_restarted() == 0);
	return 0;
}

/* ---- in the test ---- */

static struct child *new_child(struct runner *r)
{
	for (size_t i = 0; i < CHILDREN_MAX; i++) {
		if (!r->children[i].runner)
			return &r->children[i];
	}
	fail_msg("too many processes");
	return NULL;
}

struct child *start(struct runner *r, child_fn fn)
{
	struct child *child = new_child(r);

	*child = (struct child){ .runner = r };
	assert_int_equal(pipe2(child->go, O_CLOEXEC), 0);
	assert_int_equal(pipe2(child->cancel, O_CLOEXEC), 0);
	child->pid = fork();
	assert_true(child->pid >= 0);
	if (child->pid == 0) {
		close_others(child);
		say(child, fn(child) == 0 ? SAID_DONE : SAID_WRONG);
		_exit(0);
	}
	return child;
}

void go_on(const struct child *child)
{
	assert_int_equal(write(child->go[1], "", 1), 1);
}

void await(struct runner *r, char what)
{
	struct error e;

	while (!r->seen[(int)what]) {
		if (r->late)
			fail_msg("waited in vain for '%c'", what);
		if (r->seen[SAID_WRONG])
			fail_msg("something is wrong in a process of the job");
		assert_int_equal(loop_once(r->loop, &e), 0);
	}
	r->seen[(int)what]--;
}

void reap(struct child *child)
{
	(void)waitpid(child->pid, NULL, 0);
	close(child->go[0]);
	close(child->go[1]);
	close(child->cancel[0]);
	close(child->cancel[1]);
	*child = (struct child){ 0 };
}

void finish(struct child *child)
{
	await(child->runner, SAID_DONE);
	reap(child);
}

void slay(struct child *child)
{
	assert_int_equal(kill(child->pid, SIGKILL), 0);
	reap(child);
}

void await_blocked(const struct child *child)
{
	static const struct timespec moment = { .tv_nsec = 1000000 };
	cleanup_free char *want = str_printf(" %d ", (int)child->pid);

	for (;;) {
		cleanup_fclose FILE *locks = fopen("/proc/locks", "re");
		char line[256];

		assert_non_null(locks);
		while (fgets(line, sizeof(line), locks)) {
			if (strstr(line, "->") && strstr(line, want))
				return;
		}
		nanosleep(&moment, NULL);
	}
}

bool is_locked(const struct runner *r, uint32_t byte, short against)
{
	cleanup_free char *path = str_printf("%s/" CONTROL_LOCK, r->dir);
	int status;
	pid_t pid;

	/* Closing the file would give up the locks that the test itself has on it. */
	pid = fork();
	if (pid == 0) {
		struct flock lock = { .l_type = against, .l_start = byte, .l_len = 1 };
		int fd = open(path, O_RDWR | O_CLOEXEC);

		_exit(fd < 0 || fcntl(fd, F_GETLK, &lock) < 0 ? 2
							      : lock.l_type != F_UNLCK);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 2);
	return WEXITSTATUS(status) == 1;
}

bool is_waited_for(const struct runner *r, uint32_t ticket)
{
	return is_locked(r, ticket, F_RDLCK);
}

/* ---- the runner ---- */

void answer(void *arg, const struct control_request *request, struct control_reply *reply)
{
	struct runner *r = arg;

	reply->restarts = r->restarts;
	if (request->command == CONTROL_STATE) {
		r->seen[SAID_STATE]++;
	} else if (request->command == CONTROL_RESULT) {
		r->seen[SAID_RESULT]++;
		control_result(r->control, request->ticket, reply);
	} else if (r->refuses) {
		r->seen[SAID_CREATE]++;
		reply->rc = -1;
		snprintf(reply->text, sizeof(reply->text), "%s", r->refuses);
	} else {
		r->seen[SAID_CREATE]++;
		reply->ticket = r->ticket = control_ticket(r->control);
	}
}

static int process_said(void *arg, struct error *e)
{
	struct runner *r = arg;
	unsigned char what;

	(void)e;
	if (read(r->said[0], &what, 1) == 1)
		r->seen[what % LENGTH(r->seen)]++;
	return 0;
}

static int deadline_passed(void *arg, struct error *e)
{
	struct runner *r = arg;

	(void)e;
	r->late = true;
	return 0;
}

int runner_make(void **state)
{
	const struct itimerspec when = { .it_value.tv_sec = DEADLINE };
	struct runner *r = calloc(1, sizeof(*r));
	void *place = NULL;
	struct error e;

	if (!r || place_make(&place) < 0)
		return -1;
	r->place = place;
	r->dir = strdup(place_path(place, "job/" CONTROL_DIR));
	if (mkdirat(r->place->fd, "job", 0700) < 0 || mkdir(r->dir, 0700) < 0)
		return -1;
	setenv(CHECKPOINT_ENV_IMAGE_DIR, place_path(place, "job"), 1);
	r->left = mmap(NULL, sizeof(*r->left), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	r->deadline = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	r->loop = loop_new(&e);
	r->control = control_open(r->dir, &e);
	*state = r;
	return r->left == MAP_FAILED || !r->loop || !r->control ||
			       pipe2(r->said, O_CLOEXEC) < 0 ||
			       timerfd_settime(r->deadline, 0, &when, NULL) < 0 ||
			       loop_add(r->loop, r->deadline, deadline_passed, r, &e) <
				       0 ||
			       loop_add(r->loop, r->said[0], process_said, r, &e) < 0 ||
			       control_hear(r->control, r->loop, answer, r, &e) < 0
		       ? -1
		       : 0;
}

int runner_remove(void **state)
{
	struct runner *r = *state;
	void *place = r->place;

	for (size_t i = 0; i < CHILDREN_MAX; i++) {
		if (r->children[i].runner)
			slay(&r->children[i]);
	}
	control_close(r->control);
	loop_free(r->loop);
	close(r->deadline);
	close(r->said[0]);
	close(r->said[1]);
	munmap((void *)r->left, sizeof(*r->left));
	unsetenv(CHECKPOINT_ENV_IMAGE_DIR);
	free(r->dir);
	free(r);
	return place_remove(&place);
}
