/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * task.h - the batch task that the plugin handed over.
 */
#ifndef RUNNER_TASK_H
#define RUNNER_TASK_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "base/conf.h"
#include "base/error.h"
#include "base/wishes.h"

struct task {
	char **argv;			    /* as Slurm would have executed it */
	char *script;			    /* where Slurm has put it */
	char **given;			    /* our environment, but for the tries */
	unsigned int tries;		    /* how often it was begun again */
	sigset_t sigmask;		    /* as Slurm gave it */
	struct rlimit limits[RLIM_NLIMITS]; /* the same; ours are lifted */
	mode_t umask;			    /* the same; ours lets us use what we make */
	unsigned int job;     /* SLURM_JOB_ID; 0: none, Slurm knows nothing of it */
	unsigned int restart; /* SLURM_RESTART_COUNT */
	unsigned int nodes;   /* SLURM_JOB_NUM_NODES */
	const char *cluster;  /* SLURM_CLUSTER_NAME */
	const char *node;     /* SLURMD_NODENAME */
	char *user;
	long interval;	   /* seconds; 0: on request only; or CONF_INTERVAL_AUTO */
	unsigned int keep; /* generations */
	unsigned int from; /* job from whose checkpoints it goes on, or 0 */
	unsigned int from_generation; /* the newest to go on from, or 0 */
	bool own_tmpdir;	      /* it has a TMPDIR that goes with it */
	bool own_srun;		      /* and an srun, in the place of Slurm's */
	enum conf_files files;	      /* what is kept of files that it writes */
	char *dir;		      /* pattern of the checkpoint directory */
	enum conf_fallback fallback;
	bool may_start_over;   /* its user said so, with --checkpoint-fallback=restart */
	struct wishes wishes;  /* of the engine */
	enum cpu_baseline cpu; /* what its libraries choose at most */
	bool eternal;
	bool warned;   /* by CHECKPOINT_SIGNAL_WARN, and not by a signal of the user's */
	bool append;   /* Slurm appends to the job's output when it starts it again, */
	bool truncate; /* and would not, had the plugin not told it to */
	char *options; /* ours, as sbatch takes them, each ended by a zero byte */
	size_t options_size;
	struct conf conf;
};

/* Take the script's path out of the environment, and the task from our arguments. */
int task_take_over(struct task *task, int argc, char **argv, struct error *e);

/*
 * Read the configuration and the options, and take ours out of the environment.
 * The task can be executed after a failure too.
 */
int task_read(struct task *task, struct error *e);

/*
 * Become the script, as if we had never been there; requests that nobody takes are
 * ignored. Does not return.
 */
void task_exec(const struct task *task) __attribute__((noreturn));

/*
 * Begin again, as the program that Slurm has started, after a second: for what the node
 * lacks for a moment only. Nothing of ours may be left by then. Returns if the error is
 * none that passes (error_is_passing()), or after some tries.
 */
void task_begin_again(const struct task *task, const struct error *e);

/* End as the script ended. Does not return. */
void task_exit(int status) __attribute__((noreturn));

#endif
