// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * scheckpoint - ask for checkpoints of jobs, see them and check them.
 */
#define _GNU_SOURCE
#include "cmd/scheckpoint.h"

#include <getopt.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "slurm/job.h"
#include "store/generation.h"

static const struct verb verbs[] = {
	{ "create", "JOB...", "checkpoint running jobs, which go on", verb_create },
	{ "vacate", "JOB...", "checkpoint jobs, take them off their nodes and hold them",
	  verb_vacate },
	{ "requeue", "JOB...", "checkpoint jobs and put them back in the queue",
	  verb_requeue },
	{ "list", "", "jobs that have checkpoints", verb_list },
	{ "show", "JOB...", "each checkpoint of a job, and its history", verb_show },
	{ "verify", "JOB...", "check the digests of all checkpoints of a job",
	  verb_verify },
	{ "report", "", "the history of jobs, as a page for a browser", verb_report },
	{ "metrics", "", "counts, times and sizes, for Prometheus", verb_metrics },
};

#define NVERBS (sizeof(verbs) / sizeof(verbs[0]))

int complain(const struct error *e)
{
	fprintf(stderr, "scheckpoint: error: %s\n", e->text);
	return EXIT_FAILED;
}

const char *time_text(unsigned long long when)
{
	static char text[32];
	time_t t = (time_t)when;
	struct tm tm;

	if (!localtime_r(&t, &tm) ||
	    !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm))
		return "Unknown";
	return text;
}

static int open_job(const struct scheckpoint *s, const char *text, struct folder *folder,
		    struct error *e)
{
	unsigned long long job;

	*folder = (struct folder){ .fd = -1 };
	if (str_to_ull(text, UINT_MAX, &job) < 0 || job == 0)
		return error_set(e, "Invalid job id %s", text);
	return folder_open(folder, s->dir, s->user, s->cluster, (unsigned int)job, e);
}

static int with_job(const struct scheckpoint *s, const char *text, job_fn fn)
{
	cleanup_free unsigned int *numbers = NULL;
	struct folder folder;
	struct error e;
	size_t count;
	int status;

	if (open_job(s, text, &folder, &e) < 0 ||
	    generation_list(&folder, &numbers, &count, &e) < 0)
		status = complain(&e);
	else
		status = fn(s, text, &folder, numbers, count);
	folder_close(&folder);
	return status;
}

int each_job(const struct scheckpoint *s, int argc, char **argv, job_fn fn)
{
	int status = EXIT_DONE;

	for (int i = 0; i < argc; i++) {
		if (with_job(s, argv[i], fn) != EXIT_DONE)
			status = EXIT_FAILED;
	}
	return status;
}

static void print_usage(FILE *f)
{
	fprintf(f, "Usage: scheckpoint [OPTIONS...] VERB [JOB...]\n");
	for (size_t i = 0; i < NVERBS; i++)
		fprintf(f, "      %-8s %-7s  %s\n", verbs[i].name, verbs[i].arguments,
			verbs[i].does);
	fprintf(f, "  -D, --checkpoint-dir=DIR    where the checkpoints are\n"
		   "  -u, --user=NAME             whose checkpoints, where the directory "
		   "has %%u\n"
		   "  -M, --cluster=NAME          of which cluster\n"
		   "  -V, --version               version\n"
		   "  -h, --help                  this\n");
}

/* -1 if there is nothing more to do, with the exit status. */
static int read_options(struct scheckpoint *s, int argc, char **argv, int *status)
{
	static const struct option options[] = {
		{ "checkpoint-dir", required_argument, NULL, 'D' },
		{ "user", required_argument, NULL, 'u' },
		{ "cluster", required_argument, NULL, 'M' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	int c;

	while ((c = getopt_long(argc, argv, "+D:u:M:Vh", options, NULL)) != -1) {
		switch (c) {
		case 'D':
			s->dir = optarg;
			break;
		case 'u':
			s->user = optarg;
			break;
		case 'M':
			s->cluster = optarg;
			break;
		case 'V':
			printf("slurm-checkpoint " VERSION "\n");
			*status = EXIT_DONE;
			return -1;
		case 'h':
			print_usage(stdout);
			*status = EXIT_DONE;
			return -1;
		default:
			*status = EXIT_USAGE;
			return -1;
		}
	}
	return 0;
}

/* What the options left open: the configuration's directory, oneself, this cluster. */
static int complete(struct scheckpoint *s, struct error *e)
{
	cleanup_free char *path = conf_path();
	const struct passwd *pw = getpwuid(getuid());

	if (!path)
		return error_sys(e, "checkpoint.conf");
	if (conf_init(&s->conf, e) < 0 || conf_read(&s->conf, path, e) < 0)
		return -1;
	if (!s->dir)
		s->dir = s->conf.checkpoint_dir;
	/* A copy, since others look for users, too. */
	if (!s->user)
		s->user = strdup(pw ? pw->pw_name : "nobody");
	if (!s->user)
		return error_sys(e, "user");
	if (!s->cluster)
		s->cluster = getenv("SLURM_CLUSTER_NAME");
	if (!s->cluster)
		s->cluster = cluster_name();
	return s->cluster ? 0 : error_set(e, "the name of the cluster is not known");
}

int main(int argc, char **argv)
{
	struct scheckpoint s = { 0 };
	struct error e;
	int status;

	if (read_options(&s, argc, argv, &status) < 0)
		return status;
	for (size_t i = 0; optind < argc && i < NVERBS; i++) {
		if (strcmp(argv[optind], verbs[i].name) != 0)
			continue;
		if (complete(&s, &e) < 0)
			return complain(&e);
		argc -= optind + 1;
		if (*verbs[i].arguments && argc == 0) {
			fprintf(stderr, "scheckpoint: error: %s: no job given\n",
				verbs[i].name);
			return EXIT_USAGE;
		}
		status = verbs[i].run(&s, argc, argv + optind + 1);
		conf_free(&s.conf);
		return status;
	}
	print_usage(stderr);
	return EXIT_USAGE;
}
