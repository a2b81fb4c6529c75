/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * moves.h - which running jobs move from one node to another: what the policies
 * "defragment", "compact" and "promote" decide, and what all of them keep to.
 *
 * Only jobs on one node move. Costs and gains are CPU seconds.
 */
#ifndef PLAN_MOVES_H
#define PLAN_MOVES_H

#include "plan/cluster.h"

#define MOVES_TOGETHER_MAX 32

struct moves_limits {
	size_t at_once;	  /* jobs that are being moved at a time; 0: any number */
	double bandwidth; /* bytes a second that they write together; 0: any */
	long rest;	  /* seconds that a job runs between two moves */
	long end;	  /* seconds that it has left to run at least, */
	double end_costs; /* also in what its move takes */
	double worth;	  /* the gain, in what it costs, at least */
	long least; /* seconds by which a job starts sooner, or a node is empty sooner */
	size_t together; /* jobs that leave one node, at most */
	size_t tries;	 /* waiting jobs, nodes or jobs that are considered at a time */
	size_t nodes;	 /* of each waiting job, where it is tried to make room */
	double spare; /* CPUs free in all, in what the waiting job asks for, at least */
};

struct moves_move {
	struct cluster_job *job;
	size_t from, to;	     /* nodes; from is MOVES_NOWHERE of a waiting job */
	struct cluster_job *because; /* the waiting job that is to start; or NULL */
	double cost;		     /* of this one */
	size_t group;		     /* moves of one group are made together, or none, */
	double gain;		     /* and gain so much together */
};

#define MOVES_NOWHERE SIZE_MAX

/* Jobs that leave one node together. */
struct moves_group {
	struct cluster_job *jobs[MOVES_TOGETHER_MAX];
	size_t to[MOVES_TOGETHER_MAX];
	struct fit_node before[MOVES_TOGETHER_MAX]; /* of these nodes */
	size_t count;
	size_t from;
};

/* All zero to begin with; kept from one call to the next for its memory. */
struct moves {
	struct moves_move *moves;
	size_t count, room;
	size_t groups;

	/* While it is decided. */
	const struct moves_limits *limits;
	const struct cluster *c;
	double written;		 /* bytes a second, by the moves so far */
	struct fit_node *free;	 /* of each node, if all is done as planned */
	struct cluster_job **on; /* running jobs by node, by their ends; NULL: it moves */
	size_t *first;		 /* of each node's in these; and one more */
	bool *all;		 /* true for each node */
	bool *mask;		 /* of each node, for one decision */
	bool *taken;		 /* something was planned for the node */
	size_t node_room, on_room;
};

/*
 * Fill moves with what is to be done now; nothing of the cluster changes. -1 without
 * memory.
 *
 * defragment: for waiting jobs, in the order of c->waiting, which ask for one node and
 * fit on none, though enough is free in all: the cheapest jobs that make room on a node
 * and have room elsewhere. A job gains what it starts sooner than by the ends of others.
 *
 * compact: empty the nodes that are used least, if all of their jobs have room on other
 * nodes that are in use. A gain is the time that a node is empty sooner. While jobs wait,
 * nothing is done.
 *
 * promote: jobs move to nodes of a higher rank that are free, if nobody waits for these:
 * those that wait, and then those that run and gain most by the higher speed, if it is
 * known.
 */
int defragment_decide(const struct moves_limits *limits, const struct cluster *c,
		      struct moves *moves);
int compact_decide(const struct moves_limits *limits, const struct cluster *c,
		   struct moves *moves);
int promote_decide(const struct moves_limits *limits, const struct cluster *c,
		   struct moves *moves);

extern const struct moves_limits defragment_defaults;
extern const struct moves_limits compact_defaults;
extern const struct moves_limits promote_defaults;

void moves_free(struct moves *moves);

/* ---- what the policies share ---- */

/* Begin anew: no moves, and what is free and runs where. -1 without memory. */
int moves_begin(struct moves *m, const struct moves_limits *limits,
		const struct cluster *c);

/* May this job be moved at all, by itself? */
bool moves_may_leave(const struct moves *m, const struct cluster_job *job);

/* The nodes where a job may be. */
const bool *moves_allowed(const struct moves *m, const struct cluster_job *job);

/* Find a node for each job of the group, other than where they are, and take it. */
bool moves_place(struct moves *m, struct moves_group *g);
void moves_unplace(struct moves *m, const struct moves_group *g);

double moves_cost(const struct moves_group *g);

/* Do the limits on what is done at once leave room for these as well? */
bool moves_fit(const struct moves *m, const struct moves_group *g);

/* Is there no room for a single move more? */
bool moves_are_full(const struct moves *m);

/* Plan the moves of a group that has been placed. -1 without memory. */
int moves_commit(struct moves *m, const struct moves_group *g,
		 struct cluster_job *because, double gain);

#endif
