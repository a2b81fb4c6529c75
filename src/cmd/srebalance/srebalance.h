/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * srebalance.h - what the parts of the command share: its options, and what came out.
 */
#ifndef CMD_SREBALANCE_SREBALANCE_H
#define CMD_SREBALANCE_SREBALANCE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "cmd/print.h"
#include "sim/metrics.h"
#include "sim/sim.h"
#include "sim/trace.h"

enum simulate_format { FORMAT_TEXT, FORMAT_CSV, FORMAT_JSON };

/* What the options of "srebalance simulate" say. */
struct simulate {
	const char *trace;
	const char *machine; /* a file, or NULL */
	unsigned int lublin; /* jobs of a workload that is made up, instead of a trace */
	unsigned int nodes;  /* 0: not given */
	unsigned int node_cpus;
	double load;	    /* 0: as the trace has it */
	unsigned int seeds; /* runs; 0: one of the trace as it is */
	unsigned int first_seed;
	bool place;	       /* CPUs on nodes */
	struct machine placed; /* the nodes, if so */
	bool policies[SIM_POLICIES];
	enum simulate_format format;
	struct sim_options options; /* of every run */
};

/* What came out: metrics of each run of each policy. */
struct outcome {
	struct trace base; /* before it is shaken */
	double load;
	unsigned int runs;
	struct metrics *metrics[SIM_POLICIES]; /* NULL: not asked for */
};

/* Read the command line behind the verb. *end: all is done, there was --help. */
int simulate_options(struct simulate *s, int argc, char **argv, bool *end);

/* The verb: run the simulations and print what came out. An exit status. */
int simulate(int argc, char **argv);

/* The mean of a metric over the runs, and of its ratio to that of EASY. */
struct metric_mean outcome_mean(const struct outcome *o, enum sim_policy policy,
				enum metric metric);
double outcome_change(const struct outcome *o, enum sim_policy policy,
		      enum metric metric);
struct metric_mean outcome_ratio(const struct outcome *o, enum sim_policy policy,
				 enum metric metric);

/* Which jobs were simulated, as a title. */
const char *simulate_name(const struct simulate *s);

void print_text(const struct simulate *s, const struct outcome *o, FILE *f);
void print_csv(const struct simulate *s, const struct outcome *o, FILE *f);
void print_json(const struct simulate *s, const struct outcome *o, FILE *f);

#endif
