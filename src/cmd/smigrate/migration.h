/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * migration.h - jobs on their way from one node to another.
 */
#ifndef CMD_SMIGRATE_MIGRATION_H
#define CMD_SMIGRATE_MIGRATION_H

#include <sys/types.h>
#include <time.h>

#include "cmd/smigrate/smigrate.h"
#include "plan/fit.h"
#include "plan/jobspec.h"
#include "plan/placement.h"
#include "slurm/estimate.h"
#include "slurm/hosts.h"
#include "slurm/jobs.h"
#include "slurm/nodes.h"
#include "store/event.h"

enum migrant_state {
	MIGRANT_WAITS,	/* it runs where it was, and has not been asked yet */
	MIGRANT_SAVES,	/* it has been asked, and is being saved */
	MIGRANT_LEAVES, /* it has left; its nodes are being cleaned up */
	MIGRANT_QUEUED, /* it is in the queue */
	MIGRANT_STARTS, /* Slurm has started it, and it is being restored */
	/* From here on all has been done that will be. */
	MIGRANT_MOVED,
	MIGRANT_HELD,	   /* it has left and is held, as was asked for */
	MIGRANT_PENDING,   /* it has left, and waits for nodes */
	MIGRANT_REQUEUED,  /* without a checkpoint */
	MIGRANT_CANCELLED, /* by us */
	MIGRANT_ENDED,	   /* by itself, or by others */
	MIGRANT_STAYS,	   /* and why tells why */
	MIGRANT_LOST,	   /* it has left, and could not go on: why */
};

/* When each part of the way was over, seconds since 1970; 0: not yet. */
struct migrant_times {
	double asked;
	double saved;
	double queued;	/* off its nodes, and back in the queue */
	double started; /* restored from then on */
	double restored;
};

struct migrant {
	unsigned int id;
	char *name;
	char *user;
	char *from;	      /* the nodes where it was found */
	unsigned int restart; /* Slurm's count, there */
	bool on_others;	      /* it runs on nodes that are not to be emptied, too */
	unsigned int node_count;
	unsigned long long memory; /* MB, on all its nodes */
	unsigned int nice;
	bool protected;
	bool failed;
	unsigned int refused; /* how often it could not be asked */
	bool pinned;	      /* we gave it a priority for the way */
	bool poked;	      /* the scheduler was told that it may start */
	double found;	      /* when, seconds since 1970 */
	struct migrate_verdict verdict;
	enum migrant_state state;
	struct error why;      /* what keeps it, or went wrong; "" if nothing did */
	enum migrate_why told; /* why it waits, as was said last */
	struct placement own;  /* of its request, what an earlier move has changed */
	char *unfit; /* nodes that are known not to do for it, by their CPU or files, a hostlist; or NULL */
	struct placement wanted;
	size_t *chosen; /* nodes where it should have room, node_count of them */
	bool promised;	/* that room is taken for it */
	char *to;	/* where it is expected to start, or has; or NULL */
	time_t start;	/* when Slurm would start it; 0: not known */
	struct folder folder;
	struct event_reader *reader;
	struct event later; /* of another start, of which slurmctld does not tell yet, */
	bool is_later;	    /* if there is one */
	unsigned int generation;
	uint64_t bytes;
	double dump; /* seconds */
	double restore;
	struct migrant_times times;
};

struct migration {
	const struct smigrate *s;
	struct jobspec_list jobs; /* to be moved, */
	struct hosts nodes;	  /* or nodes to be emptied of all; one of the two */
	double *emptied;	  /* seconds until each of them was empty; 0: not yet */
	char *nodelist;		  /* those as a hostlist, or "" */
	struct job_table table;
	struct node_table cluster;
	struct migrant **migrants;
	size_t count;
	struct fit_node *room; /* of each node of the cluster */
	struct outlook *outlook;
	struct watch *watch;
	double began;
	bool late;    /* --timeout has passed */
	bool changed; /* something was changed */
};

double seconds_now(void);

/* ---- migration.c ---- */

int migration_init(struct migration *m, const struct smigrate *s, struct error *e);
void migration_free(struct migration *m);

/* Read jobs and nodes, where they have changed. */
int migration_look(struct migration *m, struct error *e);

/* Find the jobs that are in the way and were not known yet. */
int migration_find(struct migration *m, struct error *e);

/* Have them move, and come back when all is done that will be, or --timeout has passed.
 */
int migration_run(struct migration *m, struct error *e);

/* EXIT_DONE if all that was to be done with the jobs was done. */
int migration_status(const struct migration *m);

bool migrant_is_over(const struct migrant *j);

/* Is it where it was found? */
bool migrant_is_there(const struct migrant *j, const struct job_entry *now);

/* ---- outlook.c ---- */

/*
 * What to do with those that wait, in which order, and where they would start: sets
 * verdict, why, wanted, chosen, to and start.
 */
int outlook_take(struct migration *m, struct error *e);
void outlook_free(struct migration *m);

/* ---- take_up.c ---- */

/*
 * Jobs in the queue that were moved once, have run since, and were queued again when
 * their runner was not there to put their own request back, as after a node's death: it
 * is put back. So it is of those that are named, in any case. The exit status.
 */
int take_up(struct migration *m);

/* ---- ask.c ---- */

/* By which Slurm will choose when to start it again. */
unsigned int migrant_priority(const struct migration *m, const struct job_entry *job);

/* Each sets the state. */

void migrant_ask(struct migration *m, struct migrant *j);
void migrant_requeue(struct migration *m, struct migrant *j);
void migrant_cancel(struct migration *m, struct migrant *j);

/* Let the scheduler have it start now. */
void migrant_poke(struct migrant *j);

/* If it runs, Slurm chooses its priority again. */
void migrant_unpin(struct migrant *j);

/* Does it have a runner? Sets protected, and why if not. */
void migrant_check(struct migration *m, struct migrant *j, const struct job_entry *job);

/* ---- follow.c ---- */

/* What its runner has written since, read as the user; what cannot be read has it stay.
 */
void migrant_read_events(struct migration *m, struct migrant *j);

/* What Slurm says of it; NULL if it knows it no more. */
void migrant_follow(struct migration *m, struct migrant *j, const struct job_entry *now);

/* ---- display.c ---- */

void display_plan(const struct migration *m);
void display_changed(const struct migration *m, const struct migrant *j);
void display_tick(const struct migration *m);
void display_say(const struct migration *m, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* A command's object for --json, with what is in each of these. */
struct json_object *display_json_new(void);
void display_json_add(struct json_object *all, const struct migration *m);

/* ---- drain.c ---- */

/*
 * Make the plan; with --test-only print it. *go is set if it is to be carried out; else
 * the exit status.
 */
int migration_plan(struct migration *m, bool *go);

/* --drain-node, in batches; the exit status. */
int drain(const struct smigrate *s, struct json_object *json);

/* Tell of nodes that are empty by now. */
void drain_tell(struct migration *m);

/* Are all nodes empty that are to be? */
bool drain_is_empty(const struct migration *m);

#endif
