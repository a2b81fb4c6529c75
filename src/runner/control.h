/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * control.h - requests of the job's own processes (base/control.h), the runner's end.
 */
#ifndef RUNNER_CONTROL_H
#define RUNNER_CONTROL_H

#include "base/control.h"
#include "base/error.h"
#include "base/loop.h"

struct control;

/* Answer a request: fill the reply, which is all zero. */
typedef void (*control_fn)(void *arg, const struct control_request *request,
			   struct control_reply *reply);

/*
 * Listen in dir, this node's directory for it. Before the job is started or restored:
 * it may speak at once, and is heard when somebody listens.
 */
struct control *control_open(const char *dir, struct error *e);

/* Call fn for each request, until control_ignore(). */
int control_hear(struct control *control, struct loop *loop, control_fn fn, void *arg,
		 struct error *e);
void control_ignore(struct control *control);

/* A ticket for a checkpoint that is still to be taken. */
uint32_t control_ticket(struct control *control);

/* A checkpoint begins: it serves all tickets that there are. */
void control_begin(struct control *control);

/* It has ended: NULL, or why it was not taken. Whoever waits for it is let go. */
void control_finish(struct control *control, const char *why);

/* What came of a ticket. */
void control_result(const struct control *control, uint32_t ticket,
		    struct control_reply *reply);

void control_close(struct control *control);

/*
 * In the process that takes a checkpoint: wait until none of the job's processes
 * refuses to be saved, and keep all from beginning to, until this process ends or
 * closes the descriptor. -1 also when cancel_fd becomes readable.
 */
int control_shut(const char *dir, int cancel_fd, struct error *e);

#endif
