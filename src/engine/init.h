/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * init.h - pid 1 of a job's pid namespace, and what it and the runner tell each
 * other. Used by sandbox.c alone.
 */
#ifndef ENGINE_INIT_H
#define ENGINE_INIT_H

#include <sys/types.h>

#include "engine/sandbox.h"

enum init_kind {
	INIT_PID = 1,	  /* to the runner: init's pid on the host */
	INIT_STARTED,	  /* to the runner: the root's pid inside */
	INIT_FAILED,	  /* to the runner: errno, and what failed */
	INIT_EXITED,	  /* to the runner: the root's wait status */
	INIT_SIGNAL,	  /* to init: signal the root */
	INIT_SIGNAL_ROOT, /* to init: the same, and nobody else whoever has got it */
	INIT_LAST_PID,	  /* to init: set the namespace's last pid */
	INIT_NETWORK,	  /* to the runner: there is a network with a loopback */
	INIT_GO_ON,	  /* to init: it is connected as far as it is to be */
	INIT_SEEN, /* to the keeper: has this signal reached you too? and its answer */
};

struct init_message {
	int kind;
	int value;
	char text[64];
};

int init_send(int fd, enum init_kind kind, int value, const char *text);

/* -1 at the end of the connection. */
int init_receive(int fd, struct init_message *m);

/* Be pid 1. Does not return. */
void init_main(const struct sandbox_spec *spec, int events, int control)
	__attribute__((noreturn));

/*
 * Block all signals, and keep those that come: a descriptor for init_witness(), or -1. It
 * is had before init is started, which ends with the keeper.
 */
int init_keep_signals(void);

/* Be the keeper until init ends: say which signals were seen. Does not return. */
void init_witness(int signals, int sentinel, pid_t init) __attribute__((noreturn));

#endif
