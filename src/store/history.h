/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * history.h - what a job's events (event.h) come to: its runs on nodes, and what of its
 * time there was useful.
 *
 * A job's time on nodes is its work, which is useful or was lost; the checkpoints, which
 * stop it; and the restores. Work is lost where a job goes on from a checkpoint that was
 * taken before it, and so does it again.
 *
 * Events are taken in the order in which they stand, not by time: clocks of nodes differ.
 * So no number compares times of two nodes. Events may be missing, and may be forged by
 * the job's owner; whatever they are, the numbers are finite and fit together.
 */
#ifndef STORE_HISTORY_H
#define STORE_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "store/event.h"

#define HISTORY_NONE SIZE_MAX /* no run */

/* More of a job's are left unread. */
#define HISTORY_EVENTS_MAX 300000
#define HISTORY_NODES_MAX  1000
#define HISTORY_TEXT_MAX   (1u << 20) /* bytes of all sentences */

enum run_begin {
	RUN_STARTED,
	RUN_RESTARTED,
	RUN_UNPROTECTED, /* nothing more is heard of it */
	RUN_FOUND,	 /* the event of its beginning is missing */
};

enum run_end {
	RUN_OPEN,   /* it goes on, or nobody knows */
	RUN_LEFT,   /* saved, and off its node */
	RUN_STAYED, /* saved and stopped, but restored on the spot */
	RUN_ENDED,  /* as the job did */
	RUN_DIED, /* without a word: the node died, or the job was killed with its runner
		   */
	RUN_UNSEEN, /* of a run that was not protected */
};

/* From a start or restart to its end. Times in seconds since 1970, others in seconds. */
struct history_run {
	enum run_begin how_begun;
	enum run_end how_ended;
	const char *node;
	unsigned int restart;	 /* Slurm's count */
	unsigned int generation; /* from which it went on */
	double begin;		 /* of its restore, if there was one */
	double end;		 /* or the last that was heard of it */
	double restore;
	double stopped; /* by checkpoints */
	double work;	/* the rest */
	double kept;	/* of the work, what was not lost */
	size_t checkpoints;
	double saved;  /* when the newest of them was done */
	int status;    /* wait status of an end */
	double from;   /* seconds of useful work when it began */
	size_t before; /* the run before this one whose work is kept, or HISTORY_NONE */
};

/* An event, in the order in which they stand. */
struct history_event {
	enum event_type type;
	double time;
	size_t run; /* to which it belongs, or HISTORY_NONE */
	const char *node;
	unsigned int restart;
	unsigned int generation;
	double seconds;
	uint64_t bytes;
	int status;
	char reason[EVENT_REASON_MAX + 1];
	char *text; /* NULL if there is none, or too much in all */
};

struct history {
	struct history_run *runs;
	size_t nruns;
	struct history_event *events;
	size_t nevents;
	size_t max;   /* events that are kept */
	char **nodes; /* each once, in the order in which the job came there */
	size_t nnodes;
	bool cut; /* there are more events than are kept */

	size_t starts, restarts, checkpoints, failures, deaths;
	uint64_t bytes; /* of all checkpoints */
	double total;	/* seconds on nodes: the sum of those that follow */
	double useful, stopped, restoring, lost;

	/* Of history_add()'s own. */
	struct history_save *saves;
	size_t nsaves;
	size_t top;    /* the newest run whose work is kept, or HISTORY_NONE */
	double resume; /* seconds of work in the newest checkpoint */
	size_t text;   /* bytes */
};

/* What Slurm says of the job now. */
enum history_state {
	HISTORY_UNKNOWN, /* an end that is missing may still come */
	HISTORY_RUNS,
	HISTORY_STOPPED, /* it is on no node */
};

void history_init(struct history *h);

/* The next event. Texts in it are made printable (base/str.h). */
int history_add(struct history *h, const struct event *event, struct error *e);

/*
 * That was all: fill in the totals. restart is Slurm's count now, and now the time, for
 * a job that runs.
 */
void history_finish(struct history *h, enum history_state state, unsigned int restart,
		    double now);

/* The share of the time on nodes that was useful, 0 to 1; 1 if there was none. */
double history_share(const struct history *h);

/* Add all events of a folder. */
int history_read(struct history *h, const struct folder *folder, struct error *e);

void history_free(struct history *h);

#endif
