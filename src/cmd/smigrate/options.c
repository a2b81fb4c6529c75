// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/timefmt.h"
#include "cmd/smigrate/smigrate.h"

#define LETTERS "d:w:x:p:nHj:D:M:t:QvVh"

enum {
	OPTION_REASON = 256,
	OPTION_EXCLUSIVE,
	OPTION_SPREAD,
	OPTION_PARALLEL,
	OPTION_UNCHECKPOINTABLE,
	OPTION_WAIT_LIMIT,
	OPTION_AFTER_WAIT,
	OPTION_PRIORITY,
	OPTION_RATE,
	OPTION_FORCE,
	OPTION_RELAX,
	OPTION_UNDO,
	OPTION_THEN,
	OPTION_REBOOT,
	OPTION_RESUME,
	OPTION_BATCH,
	OPTION_NOT_BACK,
	OPTION_JSON,
};

static const struct option options[] = {
	{ "drain-node", required_argument, NULL, 'd' },
	{ "reason", required_argument, NULL, OPTION_REASON },
	{ "nodelist", required_argument, NULL, 'w' },
	{ "exclude", required_argument, NULL, 'x' },
	{ "partition", required_argument, NULL, 'p' },
	{ "exclusive", optional_argument, NULL, OPTION_EXCLUSIVE },
	{ "spread-job", no_argument, NULL, OPTION_SPREAD },
	{ "parallel-jobs", required_argument, NULL, OPTION_PARALLEL },
	{ "uncheckpointable", required_argument, NULL, OPTION_UNCHECKPOINTABLE },
	{ "wait-limit", required_argument, NULL, OPTION_WAIT_LIMIT },
	{ "after-wait", required_argument, NULL, OPTION_AFTER_WAIT },
	{ "test-only", no_argument, NULL, 'n' },
	{ "hold", no_argument, NULL, 'H' },
	{ "priority", required_argument, NULL, OPTION_PRIORITY },
	{ "concurrency", required_argument, NULL, 'j' },
	{ "rate", required_argument, NULL, OPTION_RATE },
	{ "force", no_argument, NULL, OPTION_FORCE },
	{ "relax", no_argument, NULL, OPTION_RELAX },
	{ "undo-on-failure", no_argument, NULL, OPTION_UNDO },
	{ "then", required_argument, NULL, OPTION_THEN },
	{ "reboot", no_argument, NULL, OPTION_REBOOT },
	{ "resume", no_argument, NULL, OPTION_RESUME },
	{ "batch", required_argument, NULL, OPTION_BATCH },
	{ "not-back", no_argument, NULL, OPTION_NOT_BACK },
	{ "timeout", required_argument, NULL, 't' },
	{ "checkpoint-dir", required_argument, NULL, 'D' },
	{ "cluster", required_argument, NULL, 'M' },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "quiet", no_argument, NULL, 'Q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 }
};

static void print_usage(FILE *f)
{
	fputs("Usage: smigrate [OPTIONS...] JOB...\n"
	      "       smigrate --drain-node=NODES [OPTIONS...]\n"
	      "Have jobs continue elsewhere, or empty nodes. A JOB is 123, 123_4, "
	      "123_[1-5], or a list\nof these with commas.\n"
	      "  -d, --drain-node=NODES      empty these nodes\n"
	      "      --reason=TEXT           for which they are drained\n"
	      "  -w, --nodelist=NODES        where to\n"
	      "  -x, --exclude=NODES         where not to\n"
	      "  -p, --partition=NAME        in which partition\n"
	      "      --exclusive[=user]      where no job is, or none of another "
	      "user\n"
	      "      --spread-job            where most is free\n"
	      "      --relax                 also jobs that ask for the very node\n"
	      "      --force                 also jobs that could not start elsewhere "
	      "now\n"
	      "      --parallel-jobs=ACT     jobs that run on other nodes, too: "
	      "move|wait|requeue|cancel|skip\n"
	      "      --uncheckpointable=ACT  jobs that cannot be saved: "
	      "wait|requeue|cancel|skip|fail\n"
	      "      --wait-limit=TIME       how long to wait for a job\n"
	      "      --after-wait=ACT        and what then: requeue|cancel|skip\n"
	      "  -n, --test-only             print the plan, change nothing\n"
	      "  -H, --hold                  hold the jobs\n"
	      "      --priority=N|keep|top   of the moved jobs\n"
	      "  -j, --concurrency=N         checkpoints at a time (8); 0: all\n"
	      "      --rate=MB/s             bytes written, on the average\n"
	      "      --undo-on-failure       resume nodes that cannot be emptied\n"
	      "      --batch=N               empty so many nodes at a time\n"
	      "      --not-back              do not move jobs to nodes of batches "
	      "before\n"
	      "      --then=COMMAND          run it when they are empty\n"
	      "      --reboot                reboot them\n"
	      "      --resume                resume them\n"
	      "  -t, --timeout=TIME          how long to work at all\n"
	      "  -D, --checkpoint-dir=DIR    where the checkpoints are\n"
	      "  -M, --cluster=NAME          of which cluster\n"
	      "      --json                  print JSON\n"
	      "  -Q, --quiet                 print errors only\n"
	      "  -v, --verbose               print more\n"
	      "  -V, --version               print the version\n"
	      "  -h, --help                  print this\n",
	      f);
}

static int set_act(const char *name, const char *allowed, enum migrate_act *act)
{
	/* Each word is among the allowed ones, between bars. */
	char *word = str_printf("|%s|", optarg);
	bool ok = word && !strchr(optarg, '|') && strstr(allowed, word) &&
		  migrate_act(optarg, act) == 0;

	free(word);
	return ok ? EXIT_DONE
		  : misuse("--%s=%s: it is one of %.*s", name, optarg,
			   (int)strlen(allowed) - 2, allowed + 1);
}

static int set_number(const char *name, unsigned int *value)
{
	unsigned long long number;

	if (str_to_ull(optarg, UINT_MAX - 1, &number) < 0)
		return misuse("--%s=%s: not a number", name, optarg);
	*value = (unsigned int)number;
	return EXIT_DONE;
}

static int set_time(const char *name, long *value)
{
	struct error e;

	if (timefmt_parse(optarg, value, &e) < 0)
		return misuse("--%s=%s: %s", name, optarg, e.text);
	return EXIT_DONE;
}

static int set_priority(struct smigrate *s)
{
	if (!strcmp(optarg, "keep")) {
		s->priority = PRIORITY_KEEP;
	} else if (!strcmp(optarg, "top")) {
		s->priority = PRIORITY_TOP;
	} else {
		s->priority = PRIORITY_NUMBER;
		if (set_number("priority", &s->priority_number) != EXIT_DONE)
			return EXIT_USAGE;
		if (s->priority_number == 0)
			return misuse("--priority=0: that holds the job; use --hold");
	}
	return EXIT_DONE;
}

static int set_rate(struct smigrate *s)
{
	unsigned int megabytes = 0;

	if (set_number("rate", &megabytes) != EXIT_DONE)
		return EXIT_USAGE;
	s->pace.rate = (uint64_t)megabytes * 1000 * 1000;
	return EXIT_DONE;
}

static int set_exclusive(struct smigrate *s)
{
	if (optarg && strcmp(optarg, "user") != 0)
		return misuse("--exclusive=%s: only --exclusive and --exclusive=user are "
			      "known",
			      optarg);
	s->exclusive = !optarg;
	s->exclusive_user = optarg != NULL;
	return EXIT_DONE;
}

/* Options that are followed by a word that is kept, or by none. */
static bool set_simple(struct smigrate *s, int c)
{
	const struct {
		int option;
		const char **text;
		bool *flag;
	} simple[] = {
		{ 'd', &s->drain, NULL },
		{ OPTION_REASON, &s->reason, NULL },
		{ 'w', &s->nodelist, NULL },
		{ 'x', &s->exclude, NULL },
		{ 'p', &s->partition, NULL },
		{ 'D', &s->dir, NULL },
		{ 'M', &s->cluster, NULL },
		{ OPTION_THEN, &s->then, NULL },
		{ OPTION_SPREAD, NULL, &s->spread },
		{ OPTION_FORCE, NULL, &s->policy.force },
		{ OPTION_RELAX, NULL, &s->relax },
		{ OPTION_UNDO, NULL, &s->undo },
		{ OPTION_REBOOT, NULL, &s->reboot },
		{ OPTION_RESUME, NULL, &s->resume },
		{ OPTION_NOT_BACK, NULL, &s->not_back },
		{ OPTION_NOT_BACK, NULL, &s->not_back },
		{ OPTION_JSON, NULL, &s->json },
		{ 'n', NULL, &s->test_only },
		{ 'H', NULL, &s->hold },
		{ 'Q', NULL, &s->quiet },
	};

	for (size_t i = 0; i < sizeof(simple) / sizeof(simple[0]); i++) {
		if (simple[i].option != c)
			continue;
		if (simple[i].text)
			*simple[i].text = optarg;
		else
			*simple[i].flag = true;
		return true;
	}
	return false;
}

static int set_option(struct smigrate *s, int c)
{
	if (set_simple(s, c))
		return EXIT_DONE;
	switch (c) {
	case 'v':
		s->verbose++;
		return EXIT_DONE;
	case 'j':
		return set_number("concurrency", &s->pace.at_once);
	case 't':
		return set_time("timeout", &s->timeout);
	case OPTION_EXCLUSIVE:
		return set_exclusive(s);
	case OPTION_PARALLEL:
		return set_act("parallel-jobs", "|move|wait|requeue|cancel|skip|",
			       &s->policy.parallel);
	case OPTION_UNCHECKPOINTABLE:
		return set_act("uncheckpointable", "|wait|requeue|cancel|skip|fail|",
			       &s->policy.uncheckpointable);
	case OPTION_AFTER_WAIT:
		return set_act("after-wait", "|requeue|cancel|skip|",
			       &s->policy.after_wait);
	case OPTION_WAIT_LIMIT:
		return set_time("wait-limit", &s->wait_limit);
	case OPTION_PRIORITY:
		return set_priority(s);
	case OPTION_RATE:
		return set_rate(s);
	case OPTION_BATCH:
		return set_number("batch", &s->batch);
	default:
		return EXIT_USAGE;
	}
}

static int check(const struct smigrate *s, bool jobs)
{
	if (!s->drain && !jobs)
		return misuse("no job given, and no --drain-node");
	if (s->drain && jobs)
		return misuse("--drain-node empties nodes of all jobs; it takes no job");
	if (!s->drain &&
	    (s->reason || s->undo || s->then || s->reboot || s->resume || s->batch))
		return misuse("--reason, --undo-on-failure, --then, --reboot, --resume "
			      "and --batch need --drain-node");
	if (s->drain && !*s->drain)
		return misuse("--drain-node: no node given");
	if (s->not_back && !s->batch)
		return misuse("--not-back means nothing without --batch");
	return EXIT_DONE;
}

int options_read(struct smigrate *s, int argc, char **argv, int *first, bool *end)
{
	int c, status;

	*end = false;
	while ((c = getopt_long(argc, argv, LETTERS, options, NULL)) != -1) {
		*end = c == 'V' || c == 'h';
		if (c == 'V')
			printf("slurm-checkpoint " VERSION "\n");
		else if (c == 'h')
			print_usage(stdout);
		if (*end)
			return EXIT_DONE;
		status = set_option(s, c);
		if (status != EXIT_DONE)
			return status;
	}
	*first = optind;
	if (check(s, optind < argc) != EXIT_DONE)
		return EXIT_USAGE;
	if (!s->reason)
		s->reason = "smigrate";
	return EXIT_DONE;
}
