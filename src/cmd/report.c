// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * report - the history of jobs as a page for a browser.
 */
#define _GNU_SOURCE
#include "cmd/report.h"

#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "cmd/outfile.h"

struct options {
	const char *output;    /* or NULL */
	const char *partition; /* or NULL: of any */
	const char *user;      /* or NULL */
	bool all;
};

static int read_options(struct options *o, int argc, char **argv)
{
	static const struct option options[] = {
		{ "output", required_argument, NULL, 'o' },
		{ "partition", required_argument, NULL, 'p' },
		{ "user", required_argument, NULL, 'u' },
		{ "all", no_argument, NULL, 'a' },
		{ 0 }
	};
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, "o:p:u:a", options, NULL)) != -1) {
		switch (c) {
		case 'o':
			o->output = optarg;
			break;
		case 'p':
			o->partition = optarg;
			break;
		case 'u':
			o->user = optarg;
			break;
		case 'a':
			o->all = true;
			break;
		default:
			return -1;
		}
	}
	return 0;
}

/* ---- which jobs ---- */

static int add_named(struct life_list *list, const struct scheckpoint *s, int argc,
		     char **argv)
{
	int status = EXIT_DONE;
	unsigned long long job;
	struct error e;

	for (int i = 0; i < argc; i++) {
		int rc = 0;

		if (str_to_ull(argv[i], UINT_MAX, &job) < 0 || job == 0)
			rc = error_set(&e, "Invalid job id %s", argv[i]);
		if (rc == 0)
			rc = life_add_job(list, s, (unsigned int)job, &e);
		if (rc < 0)
			status = complain(&e);
	}
	return status;
}

static void keep_partition(struct life_list *list, const char *partition)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		struct life life = list->lives[i];

		if (strcmp(life.partition, partition) != 0)
			continue;
		list->lives[i] = list->lives[kept];
		list->lives[kept++] = life;
	}
	for (size_t i = kept; i < list->count; i++)
		life_free(&list->lives[i]);
	list->count = kept;
}

static int collect(struct life_list *list, const struct scheckpoint *s,
		   const struct options *o, int argc, char **argv)
{
	int status;

	if (argc > 0)
		status = add_named(list, s, argc, argv);
	else if (o->all || (o->partition && !o->user))
		status = life_add_everybody(list, s);
	else
		status = life_add_user(list, s);
	if (o->partition)
		keep_partition(list, o->partition);
	return status;
}

/* ---- what stands above ---- */

static char *title_of(const struct life_list *list, const struct scheckpoint *s,
		      const struct options *o, int argc)
{
	if (list->count == 1 && argc > 0)
		return str_printf("Job %s on %s", list->lives[0].name, s->cluster);
	if (argc > 0)
		return str_printf("%zu jobs on %s", list->count, s->cluster);
	if (o->partition && o->user)
		return str_printf("Jobs of %s in partition %s of %s", o->user,
				  o->partition, s->cluster);
	if (o->partition)
		return str_printf("Partition %s of %s", o->partition, s->cluster);
	if (o->all)
		return str_printf("Checkpointed jobs on %s", s->cluster);
	return str_printf("Jobs of %s on %s", s->user, s->cluster);
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
	struct options o = { .output = NULL };
	cleanup_free char *title = NULL;
	struct scheckpoint of_user = *s;
	struct life_list list;
	struct error e;
	int status;

	/* One before the arguments is the verb itself, see main(). */
	if (read_options(&o, argc + 1, argv - 1) < 0)
		return EXIT_USAGE;
	argv += optind - 1;
	argc -= optind - 1;
	if (o.user)
		of_user.user = o.user;
	life_list_init(&list, s);
	status = collect(&list, &of_user, &o, argc, argv);
	title = title_of(&list, &of_user, &o, argc);
	if (argc > 0 && list.count == 0)
		status = EXIT_FAILED; /* each was complained of */
	else if (!title || write_out(&list, title, o.output, &e) < 0)
		status = title ? complain(&e) : EXIT_FAILED;
	life_list_free(&list);
	return status;
}
