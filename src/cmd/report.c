// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * report - the history of jobs as a page for a browser.
 */
#define _GNU_SOURCE
#include "cmd/report.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "cmd/outfile.h"

/* ---- what stands above ---- */

static char *title_of(const struct life_list *list, const struct scheckpoint *s, int argc)
{
	if (list->count == 1 && argc > 0)
		return str_printf("Job %s on %s", list->lives[0].name, s->cluster);
	if (argc > 0)
		return str_printf("%zu jobs on %s", list->count, s->cluster);
	if (s->partition && s->user)
		return str_printf("Jobs of %s in partition %s of %s", s->user,
				  s->partition, s->cluster);
	if (s->partition)
		return str_printf("Partition %s of %s", s->partition, s->cluster);
	if (s->all)
		return str_printf("Checkpointed jobs on %s", s->cluster);
	return str_printf("Jobs of %s on %s", s->user ? s->user : s->self, s->cluster);
}

static int write_out(const struct life_list *list, const char *title, const char *path,
		     struct error *e)
{
	struct outfile out;
	int rc = outfile_open(&out, path, e);

	if (rc == 0)
		rc = report_write(out.f, list->lives, list->count, title, list->now, e);
	if (rc == 0)
		rc = outfile_commit(&out, e);
	outfile_close(&out);
	return rc;
}

int verb_report(const struct scheckpoint *s, int argc, char **argv)
{
	cleanup_free char *title = NULL;
	struct life_list list;
	struct error e;
	int status;

	life_list_init(&list, s);
	status = life_add_selected(&list, s, argc, argv);
	title = title_of(&list, s, argc);
	if (argc > 0 && list.count == 0)
		status = EXIT_FAILED; /* each was complained of */
	else if (!title || write_out(&list, title, s->output, &e) < 0)
		status = title ? complain(&e) : EXIT_FAILED;
	life_list_free(&list);
	return status;
}
