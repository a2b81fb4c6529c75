// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <getopt.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "cmd/srebalance/srebalance.h"

enum {
	OPTION_TRACE = 256,
	OPTION_LUBLIN,
	OPTION_MACHINE,
	OPTION_NODES,
	OPTION_CPUS,
	OPTION_LOAD,
	OPTION_SEEDS,
	OPTION_FIRST_SEED,
	OPTION_POLICY,
	OPTION_CYCLE,
	OPTION_SHARE,
	OPTION_CHECKPOINTS,
	OPTION_GUARD,
	OPTION_MEMORY,
	OPTION_NODE_RATE,
	OPTION_SHARED_RATE,
	OPTION_BF_INTERVAL,
	OPTION_BF_WINDOW,
	OPTION_BF_MAX_JOB_TEST,
	OPTION_PLACE,
	OPTION_EXCLUSIVE,
	OPTION_SUSPEND_TIME,
	OPTION_BOOT_TIME,
	OPTION_WATTS,
	OPTION_CHECK,
	OPTION_CSV,
	OPTION_JSON,
};

static const struct option options[] = {
	{ "trace", required_argument, NULL, OPTION_TRACE },
	{ "lublin", required_argument, NULL, OPTION_LUBLIN },
	{ "machine", required_argument, NULL, OPTION_MACHINE },
	{ "nodes", required_argument, NULL, OPTION_NODES },
	{ "cpus", required_argument, NULL, OPTION_CPUS },
	{ "load", required_argument, NULL, OPTION_LOAD },
	{ "seeds", required_argument, NULL, OPTION_SEEDS },
	{ "first-seed", required_argument, NULL, OPTION_FIRST_SEED },
	{ "policy", required_argument, NULL, OPTION_POLICY },
	{ "cycle", required_argument, NULL, OPTION_CYCLE },
	{ "share", required_argument, NULL, OPTION_SHARE },
	{ "max-checkpoints", required_argument, NULL, OPTION_CHECKPOINTS },
	{ "guard", required_argument, NULL, OPTION_GUARD },
	{ "memory-per-cpu", required_argument, NULL, OPTION_MEMORY },
	{ "node-rate", required_argument, NULL, OPTION_NODE_RATE },
	{ "shared-rate", required_argument, NULL, OPTION_SHARED_RATE },
	{ "bf-interval", required_argument, NULL, OPTION_BF_INTERVAL },
	{ "bf-window", required_argument, NULL, OPTION_BF_WINDOW },
	{ "bf-max-job-test", required_argument, NULL, OPTION_BF_MAX_JOB_TEST },
	{ "place", no_argument, NULL, OPTION_PLACE },
	{ "exclusive", no_argument, NULL, OPTION_EXCLUSIVE },
	{ "suspend-time", required_argument, NULL, OPTION_SUSPEND_TIME },
	{ "boot-time", required_argument, NULL, OPTION_BOOT_TIME },
	{ "watts", required_argument, NULL, OPTION_WATTS },
	{ "check", no_argument, NULL, OPTION_CHECK },
	{ "csv", no_argument, NULL, OPTION_CSV },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "help", no_argument, NULL, 'h' },
	{ 0 }
};

static void print_usage(void)
{
	puts("Usage: srebalance simulate --trace=FILE [OPTIONS...]\n"
	     "       srebalance simulate --lublin=JOBS --nodes=N [OPTIONS...]\n"
	     "Run jobs on a cluster that is not there, under several policies, and "
	     "compare "
	     "their waits.\n"
	     "      --trace=FILE          in the Standard Workload Format, or as sacct "
	     "--parsable2\n"
	     "                            prints it; plain or compressed\n"
	     "      --lublin=JOBS         make up so many jobs, as Lublin and Feitelson "
	     "do\n"
	     "      --machine=FILE        the cluster behind the trace\n"
	     "      --nodes=N             how many nodes; the trace says by default\n"
	     "      --cpus=C              of each node (1)\n"
	     "      --load=L              share of the CPUs' time that jobs need, as "
	     "0.85\n"
	     "      --seeds=N             runs with shaken arrivals (6); 0: one, as it "
	     "is\n"
	     "      --first-seed=S        of these (1)\n"
	     "      --policy=LIST         "
	     "easy,backfill,order,preempt,defragment,compact\n"
	     "                            (easy,order,preempt)\n"
	     "      --cycle=TIME          from one decision to the next (300s)\n"
	     "      --share=PERCENT       of jobs that are ever checkpointed, at most "
	     "(4)\n"
	     "      --max-checkpoints=N   of one job (10)\n"
	     "      --guard=N             jobs protected at a time (3); 0: no guard\n"
	     "      --memory-per-cpu=SIZE of the image, where the trace does not say "
	     "(1G)\n"
	     "      --node-rate=SIZE      written and read by a node in a second (1G)\n"
	     "      --shared-rate=SIZE    and by the shared file system (10G)\n"
	     "      --bf-interval=TIME    of the policy backfill (30s), as "
	     "--bf-window=TIME "
	     "(1 day)\n"
	     "      --bf-max-job-test=N   and this (500)\n"
	     "      --place               place CPUs and memory on nodes\n"
	     "      --exclusive           each job has whole nodes\n"
	     "      --suspend-time=TIME   switch off nodes that are idle for so long\n"
	     "      --boot-time=TIME      until such a node is back (180s)\n"
	     "      --watts=LIST          of a node that is busy, idle, off and booting\n"
	     "                            (400,200,10,250)\n"
	     "      --check               check at every event whether all adds up\n"
	     "      --csv, --json         print that instead of tables\n"
	     "  -h, --help                print this");
}

static int set_number(const char *name, unsigned int least, unsigned int most,
		      unsigned int *value)
{
	unsigned long long number;

	if (str_to_ull(optarg, most, &number) < 0 || number < least)
		return misuse("--%s=%s: not a number from %u to %u", name, optarg, least,
			      most);
	*value = (unsigned int)number;
	return EXIT_DONE;
}

#define REAL_LEAST 0.001

static int set_real(const char *name, double most, double *value)
{
	char *end;

	*value = strtod(optarg, &end);
	if (end == optarg || *end || !(*value >= REAL_LEAST && *value <= most))
		return misuse("--%s=%s: not a number from %g to %g", name, optarg,
			      REAL_LEAST, most);
	return EXIT_DONE;
}

static int set_time(const char *name, long *value)
{
	struct error e;

	if (timefmt_parse(optarg, value, &e) < 0)
		return misuse("--%s=%s: %s", name, optarg, e.text);
	if (*value == 0)
		return misuse("--%s=%s: it is at least a second", name, optarg);
	return EXIT_DONE;
}

static int set_size(const char *name, uint64_t *bytes)
{
	if (str_to_size(optarg, bytes) < 0 || *bytes == 0)
		return misuse("--%s=%s: not a size such as 512M or 2G", name, optarg);
	return EXIT_DONE;
}

static int set_rate(const char *name, double *rate)
{
	uint64_t bytes;

	if (set_size(name, &bytes) != EXIT_DONE)
		return EXIT_USAGE;
	*rate = (double)bytes;
	return EXIT_DONE;
}

static int set_share(struct simulate *s)
{
	if (set_real("share", 100, &s->options.preempt.share) != EXIT_DONE)
		return EXIT_USAGE;
	s->options.preempt.share /= 100;
	return EXIT_DONE;
}

static int set_policies(struct simulate *s)
{
	cleanup_free char *list = strdup(optarg);
	enum sim_policy policy;
	char *word, *rest = list;

	memset(s->policies, 0, sizeof(s->policies));
	while (list && (word = strsep(&rest, ","))) {
		if (sim_policy(word, &policy) < 0)
			return misuse(
				"--policy=%s: \"%s\" is none of easy, backfill, order, "
				"preempt, defragment and compact",
				optarg, word);
		s->policies[policy] = true;
	}
	return EXIT_DONE;
}

static int set_guard(struct simulate *s)
{
	unsigned int jobs = 0;

	if (set_number("guard", 0, 1000000, &jobs) != EXIT_DONE)
		return EXIT_USAGE;
	s->options.guard.at_once = jobs;
	/* Without a guard no job is kept from passing others by, either. */
	s->options.preempt.patience = jobs ? preempt_defaults.patience : INFINITY;
	return EXIT_DONE;
}

static int set_tested(struct simulate *s)
{
	unsigned int jobs = 0;

	if (set_number("bf-max-job-test", 1, 1000000, &jobs) != EXIT_DONE)
		return EXIT_USAGE;
	s->options.backfill.tested = jobs;
	return EXIT_DONE;
}

static int set_watts(struct simulate *s)
{
	struct power_model *p = &s->options.power;
	char rest;

	if (sscanf(optarg, "%lf,%lf,%lf,%lf%c", &p->busy, &p->idle, &p->off, &p->boot,
		   &rest) != 4 ||
	    !(p->off >= 0 && p->idle >= p->off && p->busy >= p->idle && p->boot >= 0 &&
	      p->busy < 1e6 && p->boot < 1e6))
		return misuse("--watts=%s: not four numbers such as 400,200,10,250, of "
			      "which busy is the highest and off the lowest",
			      optarg);
	return EXIT_DONE;
}

/* Of nodes, where CPUs are placed. */
static int set_node_option(struct simulate *s, int c)
{
	switch (c) {
	case OPTION_PLACE:
		s->place = true;
		return EXIT_DONE;
	case OPTION_EXCLUSIVE:
		s->place = s->options.exclusive = true;
		return EXIT_DONE;
	case OPTION_SUSPEND_TIME:
		s->place = true;
		return set_time("suspend-time", &s->options.power.suspend);
	case OPTION_BOOT_TIME:
		return set_time("boot-time", &s->options.power.boot_time);
	case OPTION_WATTS:
		return set_watts(s);
	default:
		return EXIT_USAGE;
	}
}

/* Of the policies, and of what they cost. */
static int set_policy_option(struct simulate *s, int c)
{
	switch (c) {
	case OPTION_POLICY:
		return set_policies(s);
	case OPTION_CYCLE:
		return set_time("cycle", &s->options.cycle);
	case OPTION_SHARE:
		return set_share(s);
	case OPTION_CHECKPOINTS:
		return set_number("max-checkpoints", 1, 1000000,
				  &s->options.preempt.checkpoints);
	case OPTION_GUARD:
		return set_guard(s);
	case OPTION_MEMORY:
		return set_size("memory-per-cpu", &s->options.cost.memory);
	case OPTION_NODE_RATE:
		return set_rate("node-rate", &s->options.cost.rate);
	case OPTION_SHARED_RATE:
		return set_rate("shared-rate", &s->options.cost.shared);
	case OPTION_BF_INTERVAL:
		return set_time("bf-interval", &s->options.backfill.interval);
	case OPTION_BF_WINDOW:
		return set_time("bf-window", &s->options.backfill.window);
	case OPTION_BF_MAX_JOB_TEST:
		return set_tested(s);
	default:
		return set_node_option(s, c);
	}
}

static int set_option(struct simulate *s, int c)
{
	switch (c) {
	case OPTION_TRACE:
		s->trace = optarg;
		return EXIT_DONE;
	case OPTION_MACHINE:
		s->machine = optarg;
		return EXIT_DONE;
	case OPTION_LUBLIN:
		return set_number("lublin", 1, TRACE_MAX_JOBS, &s->lublin);
	case OPTION_NODES:
		return set_number("nodes", 1, TRACE_MAX_CPUS, &s->nodes);
	case OPTION_CPUS:
		return set_number("cpus", 1, 65536, &s->node_cpus);
	case OPTION_LOAD:
		return set_real("load", 10, &s->load);
	case OPTION_SEEDS:
		return set_number("seeds", 0, 10000, &s->seeds);
	case OPTION_FIRST_SEED:
		return set_number("first-seed", 1, INT_MAX, &s->first_seed);
	case OPTION_CHECK:
		s->options.check = true;
		return EXIT_DONE;
	case OPTION_CSV:
		s->format = FORMAT_CSV;
		return EXIT_DONE;
	case OPTION_JSON:
		s->format = FORMAT_JSON;
		return EXIT_DONE;
	default:
		return set_policy_option(s, c);
	}
}

static int check(const struct simulate *s)
{
	if (!s->trace == !s->lublin)
		return misuse("either --trace or --lublin is needed");
	if (s->machine && (s->nodes || s->node_cpus))
		return misuse(
			"--machine says how many nodes and CPUs there are; --nodes and "
			"--cpus do not go with it");
	if (s->lublin && !s->nodes && !s->machine)
		return misuse("--lublin needs --nodes or --machine");
	if (s->node_cpus && !s->nodes)
		return misuse("--cpus needs --nodes");
	if (s->policies[SIM_BACKFILL] &&
	    (s->place || s->policies[SIM_DEFRAGMENT] || s->policies[SIM_COMPACT]))
		return misuse(
			"--policy=backfill counts CPUs, and does not go with placed "
			"ones");
	return EXIT_DONE;
}

int simulate_options(struct simulate *s, int argc, char **argv, bool *end)
{
	int c, status;

	*end = false;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'h') {
			*end = true;
			print_usage();
			return EXIT_DONE;
		}
		status = set_option(s, c);
		if (status != EXIT_DONE)
			return status;
	}
	if (optind < argc)
		return misuse("%s: nothing but options is known", argv[optind]);
	return check(s);
}
