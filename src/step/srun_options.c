// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "step/srun_options.h"

#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "step/srun_table.h"

#define MAX_OPTIONS 256 /* more than the table has */

static void take(struct srun_options *o, const char *name, srun_set_fn set,
		 const char *arg, enum srun_source source)
{
	enum step_verdict before = o->verdict;

	if (set(o, arg, source) < 0)
		o->verdict = STEP_REFUSED;
	if (o->verdict != before)
		o->reason = name;
}

static void read_environment(struct srun_options *o)
{
	for (size_t i = 0; i < srun_variables_count; i++) {
		const char *value = getenv(srun_variables[i].name);

		if (value && *value)
			take(o, srun_variables[i].name, srun_variables[i].set, value,
			     SRUN_ENVIRONMENT);
	}
}

/* For getopt: "+" ends the options at the first word that is none. */
static void make_letters(char *letters)
{
	*letters++ = '+';
	for (size_t i = 0; i < srun_table_count; i++) {
		if (!srun_table[i].letter)
			continue;
		*letters++ = (char)srun_table[i].letter;
		for (int colons = srun_table[i].has_arg; colons > 0; colons--)
			*letters++ = ':';
	}
	*letters = '\0';
}

static size_t find_letter(int letter)
{
	size_t i = 0;

	while (i < srun_table_count && srun_table[i].letter != letter)
		i++;
	return i;
}

static void read_command_line(struct srun_options *o, int argc, char **argv)
{
	struct option longs[MAX_OPTIONS + 1] = { 0 };
	char letters[3 * MAX_OPTIONS + 2];
	int got;

	for (size_t i = 0; i < srun_table_count; i++)
		longs[i] = (struct option){ srun_table[i].name, srun_table[i].has_arg,
					    NULL, (int)(UCHAR_MAX + 1 + i) };
	make_letters(letters);
	opterr = 0;
	optind = 0;
	while ((got = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		size_t i = got > UCHAR_MAX ? (size_t)(got - UCHAR_MAX - 1)
					   : find_letter(got);

		if (got == '?' || i >= srun_table_count) {
			o->verdict = STEP_REFUSED;
			return;
		}
		take(o, srun_table[i].name, srun_table[i].set, optarg, SRUN_COMMAND_LINE);
	}
	o->argv = argv + optind;
}

/* "program : program" is a job of several parts. */
static void check_words(struct srun_options *o)
{
	if (o->verdict == STEP_REFUSED)
		return;
	if (!o->argv || !o->argv[0] || (o->mem_given && o->mem_per_cpu_given)) {
		o->verdict = STEP_REFUSED;
		return;
	}
	for (char **word = o->argv; *word; word++) {
		if (strcmp(*word, ":") == 0) {
			o->verdict = STEP_UNKNOWN;
			o->reason = "a step of several components (\":\")";
		}
	}
}

void srun_options_read(struct srun_options *o, int argc, char **argv)
{
	*o = (struct srun_options){ .ntasks = STEP_UNSET,
				    .cpus_per_task = STEP_UNSET,
				    .ntasks_per_node = STEP_UNSET,
				    .wait = STEP_UNSET,
				    .kill_on_bad = STEP_UNSET,
				    .immediate = STEP_UNSET,
				    .threads_per_core = STEP_UNSET };
	read_environment(o);
	read_command_line(o, argc, argv);
	check_words(o);
}
