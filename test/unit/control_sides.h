/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * control_sides.h - both ends of base/control.h: the test is the runner, processes that
 * it starts are the job, which uses the library, and the one that takes a checkpoint.
 */
#ifndef TEST_CONTROL_SIDES_H
#define TEST_CONTROL_SIDES_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

#include "runner/control.h"
#include "testing.h"

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

/* In place of assertions, which only the test itself can make. */
#define MUST(holds)                                                               \
	do {                                                                      \
		if (!(holds))                                                     \
			return fprintf(stderr, "line %d: not %s: %s\n", __LINE__, \
				       #holds, strerror(errno));                  \
	} while (0)

/* ---- in the processes ---- */

/* In a process that tells when it waits: the descriptor for that; else -1. */
extern int said_fd;

/* Of a process: tell the test. */
void say(const struct child *child, char what);

/* Until the test lets it go on. */
void wait_for_go(const struct child *child);

/* Tell that this place is reached, and wait for the test. */
void here(const struct child *child);

/* A process that asks for the state of the job. */
int asks_for_its_state(struct child *child);

/* ---- in the test ---- */

/* Start a process that runs fn. */
struct child *start(struct runner *r, child_fn fn);

/* Let it go on. */
void go_on(const struct child *child);

/* Until something has been said once more. */
void await(struct runner *r, char what);

/* It has ended, or will. */
void reap(struct child *child);

/* It has done all that it had to. */
void finish(struct child *child);

/* Kill it. */
void slay(struct child *child);

/* Until a lock is waited for by the process, which the kernel tells in /proc/locks. */
void await_blocked(const struct child *child);

/* Is a byte locked against such a lock of another process's? */
bool is_locked(const struct runner *r, uint32_t byte, short against);

/* Is that ticket not done yet? */
bool is_waited_for(const struct runner *r, uint32_t ticket);

/* The runner: what it says to a request. */
void answer(void *arg, const struct control_request *request,
	    struct control_reply *reply);

int runner_make(void **state);
int runner_remove(void **state);

#define with_runner(test) \
	cmocka_unit_test_setup_teardown(test, runner_make, runner_remove)

#endif
