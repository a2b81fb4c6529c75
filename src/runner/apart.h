/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apart.h - what the runner asks of Slurm, each in a process of its own.
 *
 * libslurm ends the process that has called it when it lacks anything, be it a plugin
 * that cannot be loaded just now or memory (its fatal()). The runner must not end: its
 * job would. So such a process is its child; where none can be had it is the runner.
 */
#ifndef RUNNER_APART_H
#define RUNNER_APART_H

#include "runner/task.h"
#include "slurm/job.h"
#include "store/folder.h"

/*
 * Call fn(arg) in a child, and have the size bytes at result as it has left them. It is
 * called again, a few times, if the child was ended.
 */
int apart(int (*fn)(void *arg, struct error *e), void *arg, void *result, size_t size,
	  struct error *e);

/* As job_read_for_sure() and job_requeue(). */
int apart_read_for_sure(unsigned int job, struct job_view *view, struct error *e);
int apart_requeue(unsigned int job, bool hold, struct error *e);

/* As those of relocate.h: what is in memory of the folder's record stays as it was. */
int apart_relocate(const struct task *task, struct folder *folder, struct error *e);
int apart_relocate_is_possible(const struct task *task, const char *nodes,
			       struct error *e);
int apart_relocate_away(const struct task *task, struct folder *folder, const char *nodes,
			struct error *e);

/* As submission_save(). */
int apart_save_submission(const struct folder *folder, const struct task *task,
			  struct error *e);

#endif
