/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan.h - "srebalance plan": which jobs a policy would move now.
 */
#ifndef CMD_SREBALANCE_PLAN_H
#define CMD_SREBALANCE_PLAN_H

#include <stdbool.h>
#include <stdio.h>

#include "base/conf.h"
#include "base/names.h"
#include "cmd/print.h"
#include "cmd/srebalance/live.h"
#include "plan/moves.h"
#include "plan/preempt.h"

enum plan_policy {
	PLAN_ORDER,
	PLAN_PREEMPT,
	PLAN_DEFRAGMENT,
	PLAN_COMPACT,
	PLAN_PROMOTE,
	PLAN_POLICIES
};

#define PLAN_TIERS_MAX 32

/* What the options say, and then what comes of them. */
struct plan {
	struct conf conf;
	const char *dir;     /* of checkpoints */
	const char *cluster; /* whose folders they are */
	enum plan_policy policy;
	const char *partition;
	struct live_tier tiers[PLAN_TIERS_MAX];
	size_t tier_count;
	char *tier_text; /* in which their names are */
	unsigned int at_once;
	double bandwidth; /* bytes a second; 0: any */
	bool json;

	struct job_table table;
	struct node_table nodes;
	struct live live;
	struct moves moves;
	struct preempt_plan preempt;
	struct plan_able *able; /* able.c */
	struct names unable;	/* sentences on jobs that would move, but cannot */
};

/* The verb. An exit status. */
int plan_verb(int argc, char **argv);

/* Read the command line behind the verb. *end: all is done, there was --help. */
int plan_options(struct plan *p, int argc, char **argv, bool *end);

const char *plan_policy_word(enum plan_policy policy);

/* Fill in what is to be done now, by what is known of the jobs. */
int plan_decide(struct plan *p, struct error *e);

/* The moves, and how many; of preempt a job that leaves goes nowhere for now. */
size_t plan_count(const struct plan *p);
struct plan_move {
	const struct live_job *job;
	const char *from; /* nodes; NULL: it waits */
	const char *to;	  /* a node; NULL: it waits from then on */
	const struct live_job *because;
	size_t group;
	double cost, gain; /* CPU seconds; the gain is that of the whole group */
	char why[160];
};
struct plan_move plan_move(const struct plan *p, size_t i);

/* ---- able.c: what the jobs' records say ---- */

/* Which jobs have any records; -1 without memory. plan_able_free() in any case. */
int plan_able_init(struct plan *p, struct error *e);

/* As struct live_options asks for; arg is the plan. */
bool plan_able_at_all(void *arg, const struct job_entry *job);

/* Read those of a job: what its last checkpoint and restart took, and whether it may move. */
int plan_able_read(struct plan *p, struct live_job *job, struct error *e);
void plan_able_free(struct plan *p);

/* ---- printing ---- */

void plan_print_text(const struct plan *p, FILE *f);
void plan_print_json(const struct plan *p, FILE *f);

/* Nodes before and after the moves; only those where something changes, if there are many. */
void plan_print_picture(const struct plan *p, FILE *f);

/* The name of a job, as Slurm writes it, in a buffer of the caller's. */
struct plan_name {
	char text[32];
};
struct plan_name plan_name(const struct job_entry *job);

#endif
