/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trial.h - a command, run undisturbed and run with checkpoints, for "scheckpoint
 * test". No Slurm is involved: the trial is a job without a number.
 *
 * Each run has the same working directory and TMPDIR, an empty standard input, files
 * for what it prints, a session of its own, and no other descriptor.
 */
#ifndef CMD_TRIAL_H
#define CMD_TRIAL_H

#include <signal.h>

#include "cmd/outcome.h"
#include "engine/engine.h"
#include "runner/control.h"
#include "runner/scratch.h"
#include "runner/task.h"

struct trial {
	struct task task;
	struct scratch scratch;
	struct folder folder; /* in scratch */
	struct engine_job job;
	const struct engine *engine;
	char *program;	       /* path of the command */
	char *tmp;	       /* the TMPDIR that it sees */
	char *control;	       /* by which it could speak with a runner, */
	struct control *hears; /* that nobody is */
	int report;	       /* for what people are told meanwhile */
	int signals;	       /* those that end the trial */
	int timer;
	int interrupted; /* by this signal, or 0 */
};

/* How the command is to be disturbed. */
struct disturbance {
	unsigned int times; /* how often it is stopped and restarted */
	long pause;	    /* seconds that it stays stopped */
	double lasts;	    /* seconds that it takes undisturbed */
};

/*
 * Prepare to run argv. From here on all signals are blocked, descriptors above
 * standard error closed when programs are executed, and whoever loses its parent
 * becomes a child of this process. trial_close() in any case.
 */
int trial_open(struct trial *t, const struct conf *conf, char **argv, struct error *e);

/* Tell people how it goes, a line. */
void trial_report(const struct trial *t, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

enum waited { WAITED_READY, WAITED_TIME, WAITED_INTERRUPTED };

/*
 * Wait until fd, or nothing if it is -1, is readable, for so many seconds at most, or
 * 0 for ever. If a signal comes that ends the trial, e says so.
 */
enum waited trial_wait(struct trial *t, int fd, double seconds, struct error *e);

/* TMPDIR is empty again. */
int trial_empty_tmp(const struct trial *t, struct error *e);

/* Run it as the shell would have; the files are called name. */
int trial_undisturbed(struct trial *t, const char *name, struct outcome *outcome,
		      struct error *e);

/*
 * Run it through the engine, and disturb it. -1 and at which step it broke; a command
 * that ends before its time is no failure, but has fewer restarts.
 */
int trial_disturbed(struct trial *t, const char *name, const struct disturbance *d,
		    struct outcome *outcome, struct error *e);

void trial_close(struct trial *t);

#endif
