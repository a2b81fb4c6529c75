// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "lib/slurmcheckpoint.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/present.h"
#include "lib/ask.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static unsigned int disabled;
static _Thread_local char why[sizeof(((struct control_reply *)0)->text)];

/* A child begins outside of its parent's section, whatever another thread was doing. */
static void forget_in_child(void)
{
	disabled = 0;
	pthread_mutex_init(&mutex, NULL);
}

__attribute__((constructor)) static void watch_forks(void)
{
	pthread_atfork(NULL, NULL, forget_in_child);
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
	is = disabled > 0;
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
	disabled++;
	pthread_mutex_unlock(&mutex);
	return 0;
}

int checkpoint_enable(void)
{
	bool was;

	pthread_mutex_lock(&mutex);
	was = disabled > 0;
	if (was)
		disabled--;
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

char *checkpoint_getenv(const char *name)
{
	size_t size;
	cleanup_free char *text = present_read(&size, NULL);
	const char *value = text ? present_find(text, size, name) : NULL;

	if (value)
		return strdup(value);
	errno = text ? ENOENT : ENOTSUP;
	return NULL;
}
