/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * migrate.h - what becomes of a job that is in the way: of a node's maintenance, or of
 * whoever wants it elsewhere.
 */
#ifndef PLAN_MIGRATE_H
#define PLAN_MIGRATE_H

#include <stdbool.h>
#include <stdint.h>

enum migrate_act {
	MIGRATE_MOVE,	 /* checkpoint it, and have it go on elsewhere */
	MIGRATE_WAIT,	 /* until it ends, or can be moved */
	MIGRATE_REQUEUE, /* have Slurm requeue it: what it has done is lost */
	MIGRATE_CANCEL,
	MIGRATE_SKIP, /* let it run, and do not wait for it */
	MIGRATE_FAIL, /* change nothing at all */
	MIGRATE_ACTS
};

/* By which an act is called on the command line; -1 for a word that is none. */
const char *migrate_word(enum migrate_act act);
int migrate_act(const char *word, enum migrate_act *act);

/* What the options say. */
struct migrate_policy {
	enum migrate_act parallel; /* jobs that run on other nodes as well */
	enum migrate_act uncheckpointable;
	enum migrate_act after_wait;
	bool force; /* also those that could not start elsewhere now */
};

struct migrate_facts {
	bool protected; /* a runner is there that hears requests */
	bool parallel;	/* it runs on other nodes as well */
	bool suspended;
	bool bound;   /* its own request leaves no other node */
	bool refused; /* Slurm would not start it elsewhere at all */
	bool fits;    /* it could start elsewhere now, */
	bool behind;  /* but for others that wait and come first */
	bool failed;  /* its checkpoint has failed */
	bool late;    /* it has waited for as long as is allowed */
};

enum migrate_why {
	MIGRATE_CAN,
	MIGRATE_UNPROTECTED,
	MIGRATE_PARALLEL,
	MIGRATE_SUSPENDED,
	MIGRATE_BOUND,
	MIGRATE_REFUSED,
	MIGRATE_FULL,
	MIGRATE_BEHIND,
	MIGRATE_FAILED,
};

struct migrate_verdict {
	enum migrate_act act;
	enum migrate_why why;
};

/*
 * A job whose checkpoint has failed is never requeued or cancelled for that: it is let
 * alone.
 */
struct migrate_verdict migrate_decide(const struct migrate_policy *policy,
				      const struct migrate_facts *facts);

/* Is there a checkpoint to be begun now, for the sake of the file system? */
struct migrate_pace {
	unsigned int at_once; /* dumps, at most; 0: any number */
	uint64_t rate;	      /* bytes a second, on the average; 0: any */
};
bool migrate_may_begin(const struct migrate_pace *pace, unsigned int dumps,
		       uint64_t written, double seconds);

/* Negative if a job of this much memory and id is to be asked before that one. */
int migrate_order(unsigned long long memory, unsigned int id,
		  unsigned long long other_memory, unsigned int other_id);

#endif
