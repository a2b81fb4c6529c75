// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Both ends of base/control.h: the test is the runner, processes that it starts are the
 * job, which uses the library, and the one that takes a checkpoint.
 */
#define _GNU_SOURCE
#include "runner/control.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/protocol.h"
#include "base/str.h"
#include "base/unix_socket.h"
#include "lib/ask.h"
#include "lib/slurmcheckpoint.h"
#include "testing.h"

#define DEADLINE 20 /* seconds, after which what is waited for never comes */

#define CHILDREN_MAX 4

/*
 * What is waited for, a letter each: requests of the job, and what the processes say.
 */
enum {
	SAID_CREATE = 'C',
	SAID_RESULT = 'R',
	SAID_STATE = 'S',
	SAID_HERE = 'h',  /* got to where it tells so */
	SAID_WAITS = 'w', /* waits until nobody refuses to be saved */
	SAID_SHUT = 's',  /* nobody does any more */
	SAID_GAVE_UP = 'g',
	SAID_DONE = 'z',
	SAID_WRONG = '!', /* something was not as it must be */
};

/* One of the processes, and what it runs. */
struct child {
	struct runner *runner; /* NULL: there is no such process */
	int go[2];	       /* a pipe from us */
	int cancel[2];
	pid_t pid;
};

struct runner {
	struct place *place;
	char *dir; /* of the control directory */
	struct control *control;
	struct loop *loop;
	int deadline;
	bool late;
	int said[2]; /* a pipe to us from all processes */
	unsigned int seen[128];
	uint32_t ticket;   /* the last one */
	uint32_t restarts; /* that we tell of */
	const char *refuses;
	struct child children[CHILDREN_MAX];
	volatile bool *left; /* shared with them: the section has been left */
};

typedef int (*child_fn)(struct child *child);

/* ---- in the processes ---- */

/* In place of assertions, which only the test itself can make. */
#define MUST(holds)                                                               \
	do {                                                                      \
		if (!(holds))                                                     \
			return fprintf(stderr, "line %d: not %s: %s\n", __LINE__, \
				       #holds, strerror(errno));                  \
	} while (0)

static int said_fd = -1; /* in a process that tells when it waits */

int __real_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);

int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
	static const char waits = SAID_WAITS;

	if (said_fd >= 0)
		(void)!write(said_fd, &waits, 1);
	return __real_poll(fds, count, timeout);
}

static void say(const struct child *child, char what)
{
	(void)!write(child->runner->said[1], &what, 1);
}

/* Until the test lets it go on. */
static void wait_for_go(const struct child *child)
{
	char byte;

	(void)!read(child->go[0], &byte, 1);
}

static void here(const struct child *child)
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

static struct child *start(struct runner *r, child_fn fn)
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

static void go_on(const struct child *child)
{
	assert_int_equal(write(child->go[1], "", 1), 1);
}

static void await(struct runner *r, char what)
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

static void reap(struct child *child)
{
	(void)waitpid(child->pid, NULL, 0);
	close(child->go[0]);
	close(child->go[1]);
	close(child->cancel[0]);
	close(child->cancel[1]);
	*child = (struct child){ 0 };
}

/* It has done all that it had to. */
static void finish(struct child *child)
{
	await(child->runner, SAID_DONE);
	reap(child);
}

static void slay(struct child *child)
{
	assert_int_equal(kill(child->pid, SIGKILL), 0);
	reap(child);
}

/* Until a lock is waited for by the process, which the kernel tells in /proc/locks. */
static void await_blocked(const struct child *child)
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

/* Is a byte locked against such a lock of another process's? */
static bool is_locked(const struct runner *r, uint32_t byte, short against)
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

static bool is_waited_for(const struct runner *r, uint32_t ticket)
{
	return is_locked(r, ticket, F_RDLCK);
}

/* ---- the runner ---- */

static void answer(void *arg, const struct control_request *request,
		   struct control_reply *reply)
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

static int runner_make(void **state)
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

static int runner_remove(void **state)
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

#define with_runner(test) \
	cmocka_unit_test_setup_teardown(test, runner_make, runner_remove)

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

/* ---- sections that are not to be saved ---- */

/* The process that takes a checkpoint. */
static int takes_a_checkpoint(struct child *child)
{
	cleanup_close int gate = -1;
	struct error e = { "" };

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

static int asks_for_its_state(struct child *child)
{
	MUST(checkpoint_restarted() == 0);
	return 0;
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
