/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * control.h - how a job's own processes speak with its runner: through the directory
 * CONTROL_DIR of the job's folder, which on its node is one of the node's own.
 *
 *	socket	a local socket: one request, one reply
 *	lock	record locks (fcntl(2)) on its bytes, which need not be there:
 *
 *	byte 0	is locked for reading by a process that must not be saved now, and for
 *		writing by the runner while it saves the job
 *	byte N	is locked for writing by the runner as long as request N is not done
 *
 * Who unlocks byte 0 closes the file or sets its times, which the runner can watch. The
 * kernel drops the locks of a process that ends, so none can be forgotten. No
 * connection is open, and nothing half said, while the job is saved: who speaks with
 * the runner holds byte 0. To wait for byte N is to wait in a system call that goes on
 * after a restart, when nobody holds that lock any more.
 */
#ifndef BASE_CONTROL_H
#define BASE_CONTROL_H

#include <stdint.h>

#define CONTROL_DIR    "control"
#define CONTROL_SOCKET "socket"
#define CONTROL_LOCK   "lock"

enum { CONTROL_LOCK_DUMP = 0 };

enum control_command {
	CONTROL_STATE,	 /* how often has the job been restarted? */
	CONTROL_CREATE,	 /* checkpoint and go on: reply.ticket */
	CONTROL_VACATE,	 /* checkpoint and be held */
	CONTROL_REQUEUE, /* checkpoint and be queued */
	CONTROL_RESULT,	 /* what came of ticket? */
	CONTROL_DISABLE, /* refuse checkpoints, until as often enabled */
	CONTROL_ENABLE,
	CONTROL_ABLE, /* could the job be saved now? */
};

struct control_request {
	uint32_t command;
	uint32_t ticket;
};

struct control_reply {
	int32_t rc;	   /* 0, or -1 and text */
	uint32_t ticket;   /* of a request that takes its time */
	uint32_t restarts; /* how often the job went on from a checkpoint */
	char text[1024];
};

#endif
