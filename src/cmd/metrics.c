// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * metrics - counts, times and sizes of checkpoints, for Prometheus.
 */
#define _GNU_SOURCE
#include <getopt.h>

#include "cmd/openmetrics.h"
#include "cmd/outfile.h"

static int read_options(const char **output, int argc, char **argv)
{
	static const struct option options[] = {
		{ "output", required_argument, NULL, 'o' }, { 0 }
	};
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "o:", options, NULL)) != -1) {
		if (c != 'o')
			return -1;
		*output = optarg;
	}
	if (optind == argc)
		return 0;
	fprintf(stderr, "scheckpoint: error: metrics: are of all jobs, and name none\n");
	return -1;
}

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
	const char *output = NULL;
	struct life_list list;
	struct error e;
	int status;

	/* One before the arguments is the verb itself, see main(). */
	if (read_options(&output, argc + 1, argv - 1) < 0)
		return EXIT_USAGE;
	life_list_init(&list, s);
	status = life_add_everybody(&list, s);
	if (write_out(&list, s->cluster, output, &e) < 0)
		status = complain(&e);
	life_list_free(&list);
	return status;
}
