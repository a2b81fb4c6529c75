/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim.h - run the jobs of a trace on a cluster that is not there.
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "plan/guard.h"
#include "plan/moves.h"
#include "plan/preempt.h"
#include "sim/cost.h"
#include "sim/machine.h"
#include "sim/power.h"
#include "sim/trace.h"

enum sim_policy {
	SIM_EASY,     /* first come, first served, with a reservation for the head */
	SIM_BACKFILL, /* Slurm-like: a reservation for each, every bf_interval */
	SIM_ORDER,    /* plan/order.h, with a reservation for the head */
	SIM_PREEMPT,  /* plan/preempt.h on top of it */
	/* plan/moves.h, on top of easy, on a machine whose nodes are known. */
	SIM_DEFRAGMENT,
	SIM_COMPACT,
	SIM_POLICIES
};

/* By which it is called on the command line; -1 for a word that is none. */
const char *sim_policy_word(enum sim_policy policy);
int sim_policy(const char *word, enum sim_policy *policy);

/* As SchedulerParameters of slurm.conf(5). */
struct sim_backfill {
	long interval; /* bf_interval, seconds */
	long window;   /* bf_window, seconds */
	size_t tested; /* bf_max_job_test */
};

struct sim_options {
	enum sim_policy policy;
	uint64_t cpus;
	long cycle; /* seconds from one decision of the policy to the next */
	struct preempt_limits preempt;
	struct guard_limits guard;
	struct moves_limits moves; /* of defragment or compact */
	struct sim_backfill backfill;
	struct cost_model cost;
	const struct machine
		*machine; /* jobs are placed on its nodes; NULL: CPUs are counted */
	bool exclusive;	  /* each job has whole nodes */
	struct power_model power;  /* of placed nodes */
	const int64_t *fair_waits; /* of each job, for the guard; NULL: none is known */
	bool check;		   /* look at every event whether all adds up */
};

extern const struct sim_options sim_defaults;

struct sim_result {
	int64_t *starts;   /* of each job of the trace: seconds, when it first had CPUs */
	int64_t *finishes; /* and when it ended */
	size_t count;
	uint64_t checkpoints;	 /* in all */
	uint64_t checkpointed;	 /* jobs that ever were */
	uint32_t most;		 /* checkpoints of one job */
	double lost;		 /* CPU seconds taken by checkpoints and restarts */
	uint64_t moves;		 /* from one node to another */
	uint64_t nodes;		 /* that are placed */
	uint64_t boots;		 /* of all of them, until the last submission */
	struct power_sums power; /* of placed nodes, until the last submission */
	double used;		 /* share of the CPUs' time until the last submission */
};

/* All jobs of t, to the end of the last. What result holds is freed by sim_result_free. */
int sim_run(const struct trace *t, const struct sim_options *options,
	    struct sim_result *result, struct error *e);
void sim_result_free(struct sim_result *result);

#endif
