/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * event.h - the life of a job, an event a line, in the file "events" of its folder.
 *
 * The runner appends, the commands read. Each line is a JSON object; doc/store-format.md
 * has its members. A reader passes over what it does not understand: a line cut short
 * by a power failure, or written by a later version. What it reads is printable.
 */
#ifndef STORE_EVENT_H
#define STORE_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "store/folder.h"

enum event_type {
	EVENT_START,	   /* the script was started */
	EVENT_RESTART,	   /* it goes on from a generation */
	EVENT_UNPROTECTED, /* it runs without an engine */
	EVENT_CHECKPOINT,  /* a generation was committed */
	EVENT_FAILED,	   /* a checkpoint was not taken */
	EVENT_REFUSED,	   /* a generation was not restored from */
	EVENT_HELD,	   /* it cannot go on on this node */
	EVENT_LEAVE,	   /* it was stopped and leaves its node */
	EVENT_DISABLE,	   /* checkpoints are refused from now on */
	EVENT_ENABLE,	   /* or allowed again */
	EVENT_ABLE,	   /* answer to whether it could be checkpointed */
	EVENT_INTERVAL,	   /* seconds were chosen as the interval */
	EVENT_END,	   /* it has ended */
	EVENT_TYPES
};

#define EVENT_NODE_MAX	 255 /* bytes of a node's name, as of a host's (RFC 1035) */
#define EVENT_REASON_MAX 31
#define EVENT_ENGINE_MAX 31

/* What does not apply to a type is zero or empty. */
struct event {
	enum event_type type;
	double time;		 /* seconds since 1970 */
	unsigned int restart;	 /* Slurm's count of restarts */
	unsigned int generation; /* of a checkpoint or restart */
	double seconds;		 /* that a checkpoint or a restart took */
	uint64_t bytes;		 /* of a generation's files */
	int status;		 /* wait status of an end; 1 for able, 0 for not able */
	char node[EVENT_NODE_MAX + 1];
	char engine[EVENT_ENGINE_MAX + 1];
	char reason[EVENT_REASON_MAX + 1]; /* as in a generation's manifest */
	char text[ERROR_TEXT];		   /* why, in a sentence */
};

/* The word by which events of this type are written. */
const char *event_name(enum event_type type);

/* Append an event; its time is now unless it is set. */
int event_append(const struct folder *folder, const struct event *event, struct error *e);

/*
 * The events of a folder, in order, from the beginning or, to hear of new ones, from
 * the end. The file need not be there yet.
 */
struct event_reader;
struct event_reader *event_reader_new(const struct folder *folder, struct error *e);
struct event_reader *event_reader_new_at_end(const struct folder *folder,
					     struct error *e);

/* The next event: 1; 0 if there is none, for now; -1 on failure. */
int event_next(struct event_reader *reader, struct event *event, struct error *e);
void event_reader_free(struct event_reader *reader);

/* The last event, or the last that fits: 1; 0 if there is none; -1 on failure. */
int event_find_last(const struct folder *folder, bool (*fits)(const struct event *event),
		    struct event *last, struct error *e);

/* All events of a folder, of oneself; owned by the caller. */
int event_read_all(const struct folder *folder, struct event **events, size_t *count,
		   struct error *e);

#endif
