/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scheckpoint.h - the verbs of scheckpoint, a file for each or for a few.
 *
 * A verb gets the words that are left after the options and returns the exit status: 0
 * done, 1 refused or failed, 2 usage.
 */
#ifndef CMD_SCHECKPOINT_H
#define CMD_SCHECKPOINT_H

#include <stdbool.h>

#include "base/conf.h"
#include "cmd/print.h"
#include "store/folder.h"

/* What the options say. */
struct scheckpoint {
	struct conf conf;
	const char *dir;	/* --checkpoint-dir, or the configuration's */
	const char *cluster;	/* of which cluster */
	char *self;		/* who calls */
	const char *user;	/* --user, or NULL */
	const char *partition;	/* --partition, or NULL */
	const char *nodelist;	/* --nodelist, or NULL: where jobs are, or are to go */
	const char *exclude;	/* --exclude, or NULL: where they are not to go */
	const char *output;	/* --output, or NULL */
	bool all;		/* --all: every user's */
	const char *node_token; /* --node-token, or NULL: doctor_nodes() asks */
	bool all_nodes;		/* --all-nodes */
	bool hold;
	bool no_wait;
	bool quiet;
	int verbose;
	long timeout;		  /* --timeout, seconds; 0: as long as it takes */
	long older;		  /* --older, seconds; -1: as the configuration says */
	unsigned int generation;  /* --generation, or 0 */
	struct json_object *json; /* --json: an array to which each job is added */
};

struct verb {
	const char *name;
	const char *arguments; /* for the usage */
	const char *does;
	/* Letters of those that it takes beside the common ones; NULL: it reads its own.
	 */
	const char *options;
	int (*run)(const struct scheckpoint *s, int argc, char **argv);
};

int verb_able(const struct scheckpoint *s, int argc, char **argv);
/* Programs alone are looked at without Slurm. */
bool verb_able_is_alone(int argc, char **argv);
int verb_create(const struct scheckpoint *s, int argc, char **argv);
int verb_disable(const struct scheckpoint *s, int argc, char **argv);
int verb_doctor(const struct scheckpoint *s, int argc, char **argv);
int verb_enable(const struct scheckpoint *s, int argc, char **argv);
int verb_env(const struct scheckpoint *s, int argc, char **argv);
int verb_error(const struct scheckpoint *s, int argc, char **argv);
int verb_list(const struct scheckpoint *s, int argc, char **argv);
int verb_purge(const struct scheckpoint *s, int argc, char **argv);
int verb_remove(const struct scheckpoint *s, int argc, char **argv);
int verb_requeue(const struct scheckpoint *s, int argc, char **argv);
int verb_restart(const struct scheckpoint *s, int argc, char **argv);
int verb_show(const struct scheckpoint *s, int argc, char **argv);
int verb_vacate(const struct scheckpoint *s, int argc, char **argv);
int verb_report(const struct scheckpoint *s, int argc, char **argv);
int verb_metrics(const struct scheckpoint *s, int argc, char **argv);
int verb_verify(const struct scheckpoint *s, int argc, char **argv);

/* Gets all words after the verb, its own options among them. */
int verb_test(const struct scheckpoint *s, int argc, char **argv);

/* With --verbose print a line of what is done, on standard error. */
void tell_more(const struct scheckpoint *s, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Print a line, unless --quiet or --json is given. */
void tell(const struct scheckpoint *s, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Tell whether a program may be checkpointed on this machine, by which engine, and why
 * not, a sentence a reason. EXIT_DONE if it may.
 */
int able_program(const struct scheckpoint *s, const char *path);

/* ---- select.c ---- */

struct job_table;

/* The jobs that slurmctld knows; -1 if it is not that of the cluster that is meant. */
int jobs_of_cluster(const struct scheckpoint *s, struct job_table *table,
		    struct error *e);

/* A job that has a folder. */
struct stored_job {
	const char *name; /* 123, or 123_4 */
	unsigned int id;
	const char *user;
	struct folder *folder;
	const unsigned int *numbers; /* of its generations, newest first */
	size_t count;
};

/*
 * The directory of the checkpoints, of a job if that matters; owned by the caller. NULL
 * if it is that of several users, or of several jobs and none is given.
 */
char *select_dir(const struct scheckpoint *s, unsigned int job);

/* What a verb does with such a job. Returns an exit status. */
typedef int (*stored_fn)(const struct scheckpoint *s, const struct stored_job *job,
			 void *arg);

/*
 * Call fn for each job with a folder that the words name, as Slurm names jobs, or
 * without words for each that the options select. EXIT_DONE if fn returned that for all
 * and no word was in vain. Root acts as the job's user meanwhile.
 */
int each_stored(const struct scheckpoint *s, int argc, char **argv, stored_fn fn,
		void *arg);

/* The same, for whom the generations do not matter: fn is told of none. */
int each_folder(const struct scheckpoint *s, int argc, char **argv, stored_fn fn,
		void *arg);

#endif
