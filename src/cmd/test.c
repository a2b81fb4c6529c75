// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test - prove that a command can be checkpointed: run it undisturbed, run it again
 * with checkpoints and restarts, and compare what it printed and how it ended.
 *
 * What it prints may change with every run, by chance or by the date. So where the
 * two differ it is run undisturbed once more, which tells.
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "cmd/scheckpoint.h"
#include "cmd/trial.h"

#define DEFAULT_TIMES 2
#define MAX_TIMES     1000
/* Long enough for a program that looks at the time of day to notice. */
#define DEFAULT_PAUSE 5
#define MAX_PAUSE     86400
/* A run is at least this long between checkpoints: programs need a while to start. */
#define MIN_EVERY   0.1 /* seconds */
#define MAX_COMMAND 60	/* bytes of the command that are shown */

struct test {
	struct trial trial;
	char *command; /* as people are told of it */
	struct disturbance disturbance;
	struct outcome undisturbed;
	struct outcome disturbed;
};

/* ---- options ---- */

static int read_number(const char *option, const char *text, unsigned long long max,
		       unsigned long long *value, struct error *e)
{
	if (str_to_ull(text, max, value) < 0)
		return error_set(e, "%s=%s: not a number of at most %llu", option, text,
				 max);
	return 0;
}

static int read_option(struct disturbance *d, int c, struct error *e)
{
	unsigned long long value;

	switch (c) {
	case 'p':
		if (read_number("--pause", optarg, MAX_PAUSE, &value, e) < 0)
			return -1;
		d->pause = (long)value;
		return 0;
	case 'n':
		if (read_number("--times", optarg, MAX_TIMES, &value, e) < 0)
			return -1;
		d->times = (unsigned int)value;
		return d->times ? 0 : error_set(e, "--times=0: there is nothing to test");
	default:
		return error_set(e, "usage: scheckpoint test [--pause=SECONDS] "
				    "[--times=N] [--] COMMAND [ARGUMENT...]");
	}
}

/* Index in argv of the command's name, or -1. */
static int read_options(struct disturbance *d, int argc, char **argv, struct error *e)
{
	static const struct option options[] = {
		{ "pause", required_argument, NULL, 'p' },
		{ "times", required_argument, NULL, 'n' },
		{ 0 }
	};
	/* getopt takes the first word for the program's name. */
	cleanup_free char **words = calloc((size_t)argc + 2, sizeof(*words));
	int c;

	if (!words)
		return error_sys(e, "options");
	words[0] = (char *)"scheckpoint test";
	memcpy(words + 1, argv, (size_t)argc * sizeof(*words));
	opterr = 0;
	optind = 0;
	while ((c = getopt_long(argc + 1, words, "+", options, NULL)) != -1) {
		if (read_option(d, c, e) < 0)
			return -1;
	}
	return optind <= argc ? optind - 1 : read_option(d, '?', e);
}

/* ---- the runs ---- */

static const char *plural(unsigned long long n)
{
	return n == 1 ? "" : "s";
}

static int run_undisturbed(struct test *test, struct error *e)
{
	struct trial *t = &test->trial;
	struct disturbance *d = &test->disturbance;
	struct outcome *o = &test->undisturbed;

	trial_report(t, "%s runs undisturbed", test->command);
	if (trial_undisturbed(t, "undisturbed", o, e) < 0)
		return -1;
	d->lasts = o->seconds;
	return 0;
}

static int run_disturbed(struct test *test, struct error *e)
{
	const struct disturbance *d = &test->disturbance;
	const struct outcome *o = &test->undisturbed;

	if (d->lasts < o->seconds)
		trial_report(&test->trial,
			     "it ended before checkpoint %zu; it runs again, with them "
			     "%.1f s apart",
			     test->disturbed.restarts + 1, d->lasts / (d->times + 1));
	else
		trial_report(&test->trial,
			     "it printed %llu bytes in %.1f s; it runs again, with %u "
			     "checkpoint%s",
			     (unsigned long long)outcome_bytes(o), o->seconds, d->times,
			     plural(d->times));
	outcome_free(&test->disturbed);
	return trial_disturbed(&test->trial, "disturbed", d, &test->disturbed, e);
}

static int too_short(const struct test *test, struct error *e)
{
	return error_set(e,
			 "it is too short to be checkpointed %u time%s, as it runs for "
			 "%.2f s; give it more to do",
			 test->disturbance.times, plural(test->disturbance.times),
			 test->undisturbed.seconds);
}

/* It differs, as e says. Has that to do with checkpoints? */
static int doubt(struct test *test, struct error *e)
{
	struct outcome again;
	struct error differs;
	int rc;

	trial_report(&test->trial, "it differs; it runs undisturbed once more, to see "
				   "whether it always does");
	rc = trial_undisturbed(&test->trial, "again", &again, &differs);
	if (rc == 0)
		rc = outcome_compare(&test->undisturbed, &again, &differs);
	outcome_free(&again);
	if (rc < 0)
		*e = differs;
	if (rc > 0)
		error_set(e,
			  "it cannot be told, since its output is not the same in two "
			  "undisturbed runs either: %s",
			  differs.text);
	return -1;
}

/* The same output: 0; otherwise -1 and a sentence. */
static int compare(struct test *test, struct error *e)
{
	int rc = outcome_compare(&test->undisturbed, &test->disturbed, e);

	return rc > 0 ? doubt(test, e) : rc;
}

/*
 * The first run may have taken longer than others do, as one whose files were not in
 * memory yet: one that ends before its last checkpoint runs again, with them closer.
 */
static int prove(struct test *test, struct error *e)
{
	struct disturbance *d = &test->disturbance;

	if (run_undisturbed(test, e) < 0)
		return -1;
	for (; d->lasts >= MIN_EVERY * (d->times + 1); d->lasts /= 2) {
		if (run_disturbed(test, e) < 0 || compare(test, e) < 0)
			return -1;
		if (test->disturbed.restarts >= d->times)
			return 0;
	}
	return too_short(test, e);
}

/* The command line, as far as it fits into a sentence. */
static char *describe(int argc, char **argv)
{
	cleanup_free char *text = strdup(argv[0]);

	for (int i = 1; i < argc && text; i++) {
		char *longer = str_printf("%s %s", text, argv[i]);

		free(text);
		text = longer;
	}
	if (text && strlen(text) > MAX_COMMAND)
		return str_printf("%.*s...", MAX_COMMAND, text);
	return take_ptr(text);
}

static void report_success(const struct test *test)
{
	trial_report(&test->trial,
		     "%s can be checkpointed: output of %llu bytes the same after %zu "
		     "restart%s",
		     test->command, (unsigned long long)outcome_bytes(&test->disturbed),
		     test->disturbed.restarts, plural(test->disturbed.restarts));
}

int verb_test(const struct scheckpoint *s, int argc, char **argv)
{
	struct test test = { .disturbance = { .times = DEFAULT_TIMES,
					      .pause = DEFAULT_PAUSE } };
	struct error e;
	int interrupted, rc, first = read_options(&test.disturbance, argc, argv, &e);

	if (first < 0) {
		complain(&e);
		return EXIT_USAGE;
	}
	test.command = describe(argc - first, argv + first);
	rc = trial_open(&test.trial, &s->conf, argv + first, &e);
	if (rc == 0)
		rc = prove(&test, &e);
	if (rc == 0)
		report_success(&test);
	interrupted = test.trial.interrupted;
	outcome_free(&test.undisturbed);
	outcome_free(&test.disturbed);
	trial_close(&test.trial);
	if (interrupted)
		task_exit(interrupted);
	if (rc < 0)
		error_prefix(&e, "%s", test.command);
	free(test.command);
	return rc < 0 ? complain(&e) : EXIT_DONE;
}
