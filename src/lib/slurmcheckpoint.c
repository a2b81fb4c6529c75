// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "lib/slurmcheckpoint.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/ask.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static unsigned int disabled;
static pid_t disabled_by; /* not by a parent of this process */
static _Thread_local char why[sizeof(((struct control_reply *)0)->text)];

static unsigned int *count(void)
{
	if (disabled_by != getpid())
		disabled = 0;
	disabled_by = getpid();
	return &disabled;
}

static int failed(int error, const char *text)
{
	snprintf(why, sizeof(why), "%s", text);
	errno = error;
	return -1;
}

static bool is_disabled(void)
{
	bool is;

	pthread_mutex_lock(&mutex);
	is = *count() > 0;
	pthread_mutex_unlock(&mutex);
	return is;
}

int checkpoint_now(void)
{
	struct control_reply begun, ended;

	if (is_disabled())
		return failed(EBUSY, "checkpoints are disabled by this process");
	if (ask(CONTROL_CREATE, 0, &begun) < 0)
		return failed(ENOTSUP, "this job is not checkpointed");
	if (begun.rc < 0)
		return failed(EIO, begun.text);
	if (ask_wait(begun.ticket) < 0 || ask(CONTROL_RESULT, begun.ticket, &ended) < 0)
		return failed(EIO, "the runner of this job does not answer any more");
	if (ended.restarts > begun.restarts)
		return 1;
	return ended.rc < 0 ? failed(EIO, ended.text) : 0;
}

int checkpoint_disable(void)
{
	int rc = ask_hold();

	if (rc < 0)
		return -1;
	pthread_mutex_lock(&mutex);
	++*count();
	pthread_mutex_unlock(&mutex);
	return 0;
}

int checkpoint_enable(void)
{
	bool was;

	pthread_mutex_lock(&mutex);
	was = *count() > 0;
	if (was)
		--*count();
	pthread_mutex_unlock(&mutex);
	if (!was) {
		errno = EINVAL;
		return -1;
	}
	ask_release();
	return 0;
}

int checkpoint_restarted(void)
{
	struct control_reply reply;

	if (ask(CONTROL_STATE, 0, &reply) < 0)
		return -1;
	return (int)reply.restarts;
}

const char *checkpoint_error(void)
{
	return why;
}
