/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scheckpoint.h - the verbs of scheckpoint, one file each.
 *
 * A verb gets its arguments after the options and returns the exit status: 0 done,
 * 1 refused or failed, 2 usage.
 */
#ifndef CMD_SCHECKPOINT_H
#define CMD_SCHECKPOINT_H

#include "base/conf.h"
#include "store/folder.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct scheckpoint {
	struct conf conf;
	const char *dir;     /* --checkpoint-dir, or the configuration's */
	const char *user;    /* whose checkpoints */
	const char *cluster; /* of which cluster */
};

struct verb {
	const char *name;
	const char *arguments; /* for the usage */
	const char *does;
	int (*run)(const struct scheckpoint *s, int argc, char **argv);
};

int verb_create(const struct scheckpoint *s, int argc, char **argv);
int verb_requeue(const struct scheckpoint *s, int argc, char **argv);
int verb_vacate(const struct scheckpoint *s, int argc, char **argv);
int verb_list(const struct scheckpoint *s, int argc, char **argv);
int verb_show(const struct scheckpoint *s, int argc, char **argv);
int verb_report(const struct scheckpoint *s, int argc, char **argv);
int verb_metrics(const struct scheckpoint *s, int argc, char **argv);
int verb_verify(const struct scheckpoint *s, int argc, char **argv);

/* Print "scheckpoint: error: " and the sentence. Always returns EXIT_FAILED. */
int complain(const struct error *e);

/* What a verb does with a job: its folder, and its generations, newest first. */
typedef int (*job_fn)(const struct scheckpoint *s, const char *job,
		      const struct folder *folder, const unsigned int *numbers,
		      size_t count);

/* Call fn for each job named. EXIT_DONE if it returned that for all of them. */
int each_job(const struct scheckpoint *s, int argc, char **argv, job_fn fn);

/* Seconds since the epoch as Slurm prints times, in a static buffer. */
const char *time_text(unsigned long long when);

#endif
