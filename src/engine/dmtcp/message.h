/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * message.h - the beginning of the messages between a job's processes and their DMTCP
 * coordinator, as far as the gate has to know them.
 *
 * From DMTCP's dmtcpmessagetypes.h and workerstate.h, in which 3.1.2, 4.2.0 and its
 * newest sources agree so far: 16 bytes of magic, 64 with the name of a barrier, 8 of
 * something else, and then, 4 each, the size of the message, that of what follows it, its
 * type, and the state of the process that sends it.
 */
#ifndef ENGINE_DMTCP_MESSAGE_H
#define ENGINE_DMTCP_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MESSAGE_BEGINNING 104 /* bytes, to the end of the state */

enum message_type {
	MESSAGE_NEW_WORKER = 1,		/* a process that was begun by one of the job's */
	MESSAGE_REJECT_NOT_RUNNING = 7, /* the answer to it */
	MESSAGE_USER_COMMAND = 15,	/* of dmtcp_command, or of a program's own */
	MESSAGE_DO_CHECKPOINT = 17,	/* to a process: it is to stand for one */
};

enum message_state {
	MESSAGE_RUNNING = 1,
	MESSAGE_PRESUSPEND = 2, /* about to stand for a checkpoint */
	MESSAGE_SUSPENDED = 3,	/* stands, from now on and in the next two */
	MESSAGE_CHECKPOINTED = 5,
	MESSAGE_RESTARTING = 6,
};

/* What has come of one end so far. To be all zeros at first. */
struct message_stream {
	unsigned char beginning[MESSAGE_BEGINNING];
	size_t have;	/* of the beginning of the one that is coming */
	uint64_t left;	/* of the one that has begun */
	uint32_t first; /* the type of the first, or 0 */
	uint32_t type;	/* of the last */
	uint32_t state; /* of who sends, by the last */
	bool foreign;	/* these are no messages that we know */
	bool dropped;	/* the one that has begun: see message_pass() */
};

/* More has come. Is among it the beginning of one for the barrier of that name? */
bool message_feed(struct message_stream *stream, const char *data, size_t size,
		  const char *barrier);

/*
 * More has come: copy to out what is to be passed on, which is all but messages of the
 * type drop, or all if that is 0. A beginning is passed on when it is there as a whole,
 * so out has room for MESSAGE_BEGINNING bytes more than size. The bytes that are in it.
 */
size_t message_pass(struct message_stream *stream, const char *data, size_t size,
		    uint32_t drop, char *out);

/* Change the state in a message, of which the beginning is there. */
void message_set_state(char *message, enum message_state state);

#endif
