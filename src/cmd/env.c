// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * env - in a job, print the variables by which Slurm tells it where it runs, as they are
 * now. A shell that continues from a checkpoint takes them over with
 * eval "$(scheckpoint env)".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/present.h"
#include "cmd/print.h"
#include "cmd/scheckpoint.h"

/* In single quotes, of which none ends inside of the value. */
static void print_quoted(const char *value)
{
	putchar('\'');
	for (; *value; value++) {
		if (*value == '\'')
			fputs("'\\''", stdout);
		else
			putchar(*value);
	}
	putchar('\'');
}

static void print_variable(const char *name, const char *value)
{
	if (!value) {
		printf("unset %s\n", name);
		return;
	}
	printf("export %s=", name);
	print_quoted(value);
	putchar('\n');
}

static void add_json(struct json_object *list, const char *name, const char *value)
{
	struct json_object *o = json_object_new_object();

	json_text(o, "name", name);
	json_text(o, "value", value);
	json_object_array_add(list, o);
}

int verb_env(const struct scheckpoint *s, int argc, char **argv)
{
	struct error e;
	size_t size;
	cleanup_free char *text = NULL;

	if (argc > 0)
		return misuse(
			"env: %s: it prints the variables of the job in which it is "
			"called, and takes no job",
			argv[0]);
	text = present_read(&size, &e);
	if (!text) {
		error_prefix(&e, "this job");
		return complain(&e);
	}
	for (size_t i = 0; present_variables[i]; i++) {
		const char *name = present_variables[i];
		const char *value = present_find(text, size, name);

		if (!s->json)
			print_variable(name, value);
		else if (value)
			add_json(s->json, name, value);
	}
	return EXIT_DONE;
}
