// SPDX-License-Identifier: GPL-2.0-or-later
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/str.h"
#include "cmd/scheckpoint.h"
#include "store/generation.h"

/* The newest generation of a job, as it is printed. */
struct row {
	unsigned long long when;
	unsigned long long bytes;
	char reason[32];
	char node[256];
};

/* Root sees those of all users unless one is named. */
static bool is_of_many(const struct scheckpoint *s)
{
	return s->all || (getuid() == 0 && !s->user);
}

static void print_row(const struct scheckpoint *s, const struct stored_job *job,
		      const struct row *row)
{
	if (is_of_many(s))
		printf("%-12s ", job->user);
	printf("%-10s %4zu %-19s %10s %-12s %s\n", job->name, job->count,
	       row->when ? time_text(row->when) : "Unknown", str_size(row->bytes).text,
	       row->reason, row->node);
}

static void add_row(const struct scheckpoint *s, const struct stored_job *job,
		    const struct row *row)
{
	struct json_object *o = json_add_job(s->json, job->name, job->user);

	json_number(o, "generations", job->count);
	json_number(o, "generation", job->numbers[0]);
	json_number(o, "time", row->when);
	json_number(o, "bytes", row->bytes);
	json_text(o, "reason", row->reason);
	json_text(o, "node", row->node);
}

/* What users write is not to reach a terminal as it is. */
static void copy_attribute(const struct manifest *m, const char *name, char *value,
			   size_t size)
{
	const char *text = manifest_get(m, name);

	snprintf(value, size, "%s", text ? text : "");
	str_make_printable(value);
}

static int list_job(const struct scheckpoint *s, const struct stored_job *job, void *arg)
{
	struct row row = { 0 };
	struct generation gen;

	(void)arg;
	if (job->count == 0)
		return EXIT_DONE;
	if (generation_open(&gen, job->folder, job->numbers[0], NULL) == 0) {
		(void)manifest_get_number(&gen.manifest, "time", LLONG_MAX, &row.when);
		row.bytes = manifest_bytes(&gen.manifest);
		copy_attribute(&gen.manifest, "reason", row.reason, sizeof(row.reason));
		copy_attribute(&gen.manifest, "node", row.node, sizeof(row.node));
	}
	if (s->json)
		add_row(s, job, &row);
	else
		print_row(s, job, &row);
	generation_close(&gen);
	return EXIT_DONE;
}

int verb_list(const struct scheckpoint *s, int argc, char **argv)
{
	if (!s->json) {
		if (is_of_many(s))
			printf("%-12s ", "USER");
		printf("%-10s %4s %-19s %10s %-12s %s\n", "JOBID", "KEPT", "NEWEST",
		       "SIZE", "REASON", "NODE");
	}
	return each_stored(s, argc, argv, list_job, NULL);
}
