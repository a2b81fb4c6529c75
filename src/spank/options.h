/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * options.h - the options that the plugin adds to sbatch: one table, and what a
 * job asks for with them. Pure: nothing here needs Slurm.
 */
#ifndef SPANK_OPTIONS_H
#define SPANK_OPTIONS_H

#include <stdbool.h>

#include "base/conf.h"
#include "base/error.h"

#define PLUGIN_NAME "checkpoint"

/* In the order of option_table. */
enum option_id {
	OPTION_CHECKPOINT,
	OPTION_NO_CHECKPOINT,
	OPTION_DIR,
	OPTION_FALLBACK,
	OPTION_ETERNAL,
	OPTION_KEEP,
	OPTION_TMPDIR,
	OPTION_FILES,
	OPTION_FROM,
	OPTION_ENGINE,
	OPTION_SIGNAL,
	OPTION_EXIT_CODE,
	OPTION_DONE_FILE,
	OPTION_NET,
	OPTION_TCP,
	OPTION_SRUN,
	OPTION_CPU,
	OPTION_COUNT
};

struct option_info {
	const char *name;	/* without "--" */
	const char *arginfo;	/* what --help writes after "=", or NULL */
	int has_arg;		/* as getopt(3) has it */
	const char *usage;	/* what --help says */
	const char *submit_env; /* its form in sbatch's environment, or NULL */
	const char *task_env;	/* how the runner gets it, or NULL */
	/* -1 and what is wrong with an argument; NULL where there is none */
	int (*check)(const char *arg, struct error *e);
};

extern const struct option_info option_table[OPTION_COUNT];

/* What was given; starts as all zero. */
struct options {
	bool given[OPTION_COUNT];
	char *arg[OPTION_COUNT]; /* NULL without an argument */
};

/* Take an option, in place of what was given before. -1 without memory. */
int options_set(struct options *options, enum option_id id, const char *arg);

/* -1 and a sentence if an argument of an option given cannot be used. */
int options_check(const struct options *options, struct error *e);

/* Whether any was given at all. */
bool options_any(const struct options *options);

/* Whether the job itself asks for checkpoints. */
bool options_asked(const struct options *options);

/* Whether the job is to be checkpointed, by itself or by the site's default. */
bool options_wanted(const struct options *options, const struct conf *conf);

/* Value of task_env for an option, or NULL to leave it unset. Not owned by the caller. */
const char *options_task_value(const struct options *options, enum option_id id);

/*
 * Slurm's own form of an option in the environment (spank(8)): it reads one that
 * was not given on the command line from there, and leaves there for the job all
 * that were given. Owned by the caller; NULL without memory.
 */
char *options_slurm_env(enum option_id id);

/* Take what Slurm left in a job's environment. -1 without memory. */
int options_read_environment(struct options *options, char *const *environment);

void options_free(struct options *options);

#endif
