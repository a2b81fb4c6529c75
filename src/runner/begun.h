/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * begun.h - how far earlier starts of the job came, by what they left on its outputs.
 *
 * A job whose folder is not there where this node looks for it may have been saved in
 * another place, or no start of it has ever got as far as making one: its node failed, or
 * it was requeued before, or there was no room. What can tell lies where every node finds
 * it and does not depend on CheckpointDir: the files that Slurm opened for the job's
 * output. Each start leaves an extended attribute of the user's on them (xattr(7)), named
 * for the job, before anything of the job runs.
 */
#ifndef RUNNER_BEGUN_H
#define RUNNER_BEGUN_H

#include "runner/task.h"

enum begun {
	BEGUN_UNKNOWN,	   /* that cannot be told: it may have been saved */
	BEGUN_NOT,	   /* no start has run anything */
	BEGUN_UNPROTECTED, /* the last start that ran it did so without a folder */
	BEGUN_PROTECTED,   /* it had a folder */
};

/* Leave that on the job's outputs, as far as their file systems take it. */
void begun_note(const struct task *task, enum begun begun);

/* What the starts before this one have left. Called before this one writes anything. */
enum begun begun_look(const struct task *task);

/* Take it off: there is no checkpoint of the job to go on from any more. */
void begun_forget(const struct task *task);

#endif
