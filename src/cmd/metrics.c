// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * metrics - counts, times and sizes of checkpoints, for Prometheus.
 */
#define _GNU_SOURCE
#include "cmd/openmetrics.h"
#include "cmd/outfile.h"

static int write_out(const struct life_list *list, const char *cluster, const char *path,
		     struct error *e)
{
	struct outfile out;
	int rc = outfile_open(&out, path, e);

	if (rc == 0)
		rc = openmetrics_write(out.f, list->lives, list->count, cluster, e);
	if (rc == 0)
		rc = outfile_commit(&out, e);
	outfile_close(&out);
	return rc;
}

int verb_metrics(const struct scheckpoint *s, int argc, char **argv)
{
	struct life_list list;
	struct error e;
	int status;

	if (argc > 0)
		return misuse("metrics: are of all jobs, and name none");
	life_list_init(&list, s);
	status = life_add_selected(&list, s, argc, argv);
	if (write_out(&list, s->cluster, s->output, &e) < 0)
		status = complain(&e);
	life_list_free(&list);
	return status;
}
