/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * task_state.h - kinds of state of a thread that criu does not save: a file and a line of
 * the table in tasks.c each.
 *
 * A value is a word of text. It is kept where it is not that of pid 1 inside, which has
 * what Slurm gave the job on this node: what is not kept, a restored thread has from
 * there.
 */
#ifndef ENGINE_CRIU_TASK_STATE_H
#define ENGINE_CRIU_TASK_STATE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "plan/numbers.h"

/* What of a node is the job's. */
struct task_place {
	struct numbers cpus;
	struct numbers nodes; /* NUMA nodes with memory */
};

struct task_move {
	struct task_place had; /* where it was saved */
	struct task_place has; /* here */
	/* What a value came to, set by who moves it: */
	enum numbers_move cpus;
	enum numbers_move nodes;
};

enum task_moment {
	TASK_STOPPED, /* restored, and not running yet: criu traces them */
	TASK_RUNNING, /* they have just begun to run */
};

struct task_state {
	const char *name; /* first word of its lines */
	const char *what; /* in sentences */
	bool of_process;  /* not of each of its threads */
	bool early;	  /* it takes time: looked at before the job is frozen */
	enum task_moment moment;

	/* Its value, owned by the caller; NULL if it cannot be told. */
	char *(*look)(pid_t tid);

	/* Set it; value may be any text at all. One sentence why not. */
	int (*set)(pid_t tid, const char *value, struct task_move *move, struct error *e);
};

extern const struct task_state task_affinity;
extern const struct task_state task_coredump;
extern const struct task_state task_ioprio;
extern const struct task_state task_mapping;
extern const struct task_state task_memory;
extern const struct task_state task_merge;
extern const struct task_state task_personality;
extern const struct task_state task_slice;
extern const struct task_state task_timerslack;

#endif
