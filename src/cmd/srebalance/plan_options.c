// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "cmd/srebalance/plan.h"

enum { OPTION_POLICY = 256, OPTION_PREFER, OPTION_RATE, OPTION_JSON };

static const struct option options[] = {
	{ "policy", required_argument, NULL, OPTION_POLICY },
	{ "partition", required_argument, NULL, 'p' },
	{ "prefer", required_argument, NULL, OPTION_PREFER },
	{ "concurrency", required_argument, NULL, 'j' },
	{ "rate", required_argument, NULL, OPTION_RATE },
	{ "checkpoint-dir", required_argument, NULL, 'D' },
	{ "cluster", required_argument, NULL, 'M' },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "help", no_argument, NULL, 'h' },
	{ 0 }
};

static void print_usage(void)
{
	puts("Usage: srebalance plan [OPTIONS...]\n"
	     "Print which running jobs a policy would move now. Nothing is changed.\n"
	     "      --policy=NAME         order, preempt, defragment, compact or "
	     "promote\n"
	     "                            (defragment)\n"
	     "  -p, --partition=NAME      look at its nodes and jobs alone\n"
	     "      --prefer=LIST         partitions for promote, the best first, with "
	     "the speed\n"
	     "                            of their nodes if it differs: fast:2,slow\n"
	     "  -j, --concurrency=N       jobs to move at a time (8); 0: any number\n"
	     "      --rate=MB/s           that they may write together\n"
	     "  -D, --checkpoint-dir=DIR  where the checkpoints are\n"
	     "  -M, --cluster=NAME        of which cluster they are\n"
	     "      --json                print JSON\n"
	     "  -h, --help                print this");
}

static int set_policy(struct plan *p)
{
	for (int i = 0; i < PLAN_POLICIES; i++) {
		if (strcmp(plan_policy_word((enum plan_policy)i), optarg) == 0) {
			p->policy = (enum plan_policy)i;
			return EXIT_DONE;
		}
	}
	return misuse(
		"--policy=%s: it is none of order, preempt, defragment, compact and "
		"promote",
		optarg);
}

static int add_tier(struct plan *p, char *word)
{
	char *colon = strchr(word, ':'), *end;
	struct live_tier tier = { .partition = word, .speed = 1 };

	if (colon) {
		*colon = '\0';
		tier.speed = strtod(colon + 1, &end);
		if (end == colon + 1 || *end || !(tier.speed > 0 && tier.speed <= 1000))
			return misuse("--prefer: %s: \"%s\" is not a speed such as 1.5",
				      word, colon + 1);
	}
	if (!*word)
		return misuse("--prefer: the name of a partition is missing");
	if (p->tier_count == PLAN_TIERS_MAX)
		return misuse("--prefer: more than %d partitions", PLAN_TIERS_MAX);
	p->tiers[p->tier_count++] = tier;
	return EXIT_DONE;
}

static int set_tiers(struct plan *p)
{
	char *word, *rest;
	int status = EXIT_DONE;

	free(p->tier_text);
	p->tier_count = 0;
	rest = p->tier_text = strdup(optarg);
	while (status == EXIT_DONE && rest && (word = strsep(&rest, ",")))
		status = add_tier(p, word);
	return status;
}

static int set_concurrency(struct plan *p)
{
	unsigned long long n;

	if (str_to_ull(optarg, 1000000, &n) < 0)
		return misuse("--concurrency=%s: not a number", optarg);
	p->at_once = (unsigned int)n;
	return EXIT_DONE;
}

static int set_rate(struct plan *p)
{
	unsigned long long n;

	if (str_to_ull(optarg, 1000000000, &n) < 0)
		return misuse("--rate=%s: not a number of MB a second", optarg);
	p->bandwidth = (double)n * 1e6;
	return EXIT_DONE;
}

static int set_option(struct plan *p, int c)
{
	switch (c) {
	case OPTION_POLICY:
		return set_policy(p);
	case OPTION_PREFER:
		return set_tiers(p);
	case OPTION_RATE:
		return set_rate(p);
	case OPTION_JSON:
		p->json = true;
		return EXIT_DONE;
	case 'p':
		p->partition = optarg;
		return EXIT_DONE;
	case 'j':
		return set_concurrency(p);
	case 'D':
		p->dir = optarg;
		return EXIT_DONE;
	case 'M':
		p->cluster = optarg;
		return EXIT_DONE;
	default:
		return EXIT_USAGE;
	}
}

static int check(const struct plan *p)
{
	if (p->policy == PLAN_PROMOTE && p->tier_count == 0)
		return misuse(
			"--policy=promote: which partitions are better is for you to "
			"say, by --prefer");
	if (p->policy != PLAN_PROMOTE && p->tier_count > 0)
		return misuse("--prefer is for --policy=promote");
	return EXIT_DONE;
}

int plan_options(struct plan *p, int argc, char **argv, bool *end)
{
	int c, status;

	*end = false;
	while ((c = getopt_long(argc, argv, "p:j:D:M:h", options, NULL)) != -1) {
		if (c == 'h') {
			*end = true;
			print_usage();
			return EXIT_DONE;
		}
		status = set_option(p, c);
		if (status != EXIT_DONE)
			return status;
	}
	if (optind < argc)
		return misuse("%s: nothing but options is known", argv[optind]);
	return check(p);
}
