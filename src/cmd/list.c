// SPDX-License-Identifier: GPL-2.0-or-later
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "cmd/scheckpoint.h"
#include "store/generation.h"

static void print_row(const struct folder *folder, unsigned int job, unsigned int number,
		      size_t count)
{
	struct generation gen;
	unsigned long long when = 0;
	const char *node, *reason;

	if (generation_open(&gen, folder, number, NULL) < 0) {
		printf("%-10u %4zu %-19s %10s %-12s %s\n", job, count, "Unknown", "", "",
		       "");
	} else {
		(void)manifest_get_number(&gen.manifest, "time", LLONG_MAX, &when);
		node = manifest_get(&gen.manifest, "node");
		reason = manifest_get(&gen.manifest, "reason");
		printf("%-10u %4zu %-19s %10s %-12s %s\n", job, count, time_text(when),
		       str_size(manifest_bytes(&gen.manifest)).text, reason ? reason : "",
		       node ? node : "");
	}
	generation_close(&gen);
}

static void print_job(const struct scheckpoint *s, unsigned int job)
{
	cleanup_free unsigned int *numbers = NULL;
	struct folder folder;
	size_t count = 0;

	if (folder_open(&folder, s->dir, s->user, s->cluster, job, NULL) == 0 &&
	    generation_list(&folder, &numbers, &count, NULL) == 0 && count > 0)
		print_row(&folder, job, numbers[0], count);
	folder_close(&folder);
}

int verb_list(const struct scheckpoint *s, int argc, char **argv)
{
	cleanup_free unsigned int *jobs = NULL;
	struct error e;
	size_t count;

	(void)argc;
	(void)argv;
	if (folder_list(s->dir, s->user, s->cluster, &jobs, &count, &e) < 0)
		return complain(&e);
	printf("%-10s %4s %-19s %10s %-12s %s\n", "JOBID", "KEPT", "NEWEST", "SIZE",
	       "REASON", "NODE");
	for (size_t i = 0; i < count; i++)
		print_job(s, jobs[i]);
	return EXIT_DONE;
}
