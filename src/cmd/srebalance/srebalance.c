// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * srebalance - which running jobs to move for the sake of the queue, and what that would
 * do for it.
 */
#include "cmd/srebalance/srebalance.h"

#include <string.h>

#include "cmd/srebalance/plan.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
} verbs[] = {
	{ "plan", plan_verb, "print which jobs a policy would move now" },
	{ "simulate", simulate, "run a trace of jobs on a cluster that is not there" },
};

#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

static int print_usage(void)
{
	puts("Usage: srebalance VERB [OPTIONS...]");
	for (size_t i = 0; i < VERBS; i++)
		printf("  %-10s %s\n", verbs[i].name, verbs[i].help);
	puts("\"srebalance VERB --help\" prints the options of a verb.");
	return EXIT_DONE;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : NULL;

	if (!verb)
		return misuse("no verb given; \"srebalance --help\" lists them");
	for (size_t i = 0; i < VERBS; i++) {
		if (strcmp(verbs[i].name, verb) == 0)
			return verbs[i].run(argc - 1, argv + 1);
	}
	if (strcmp(verb, "--help") == 0 || strcmp(verb, "-h") == 0)
		return print_usage();
	if (strcmp(verb, "--version") == 0 || strcmp(verb, "-V") == 0)
		return puts("slurm-checkpoint " VERSION) < 0 ? EXIT_FAILED : EXIT_DONE;
	return misuse("%s: there is no such verb; \"srebalance --help\" lists them",
		      verb);
}
