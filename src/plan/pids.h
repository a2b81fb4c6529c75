/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pids.h - which process numbers a job has in its pid namespace.
 *
 * People name files by $$ and seed generators by getpid(), so two jobs must not have the
 * same numbers. A job's first number follows from its job id: those of consecutive jobs,
 * such as the elements of an array, are far apart, and each job has one of its own until
 * all are in use.
 */
#ifndef PLAN_PIDS_H
#define PLAN_PIDS_H

#include <stddef.h>
#include <sys/types.h>

/* Lowest first number of a job; the kernel gives none below 300 a second time. */
#define PIDS_FIRST 1000

/* Numbers in a row that a restore needs for CRIU and its helpers. */
#define PIDS_FOR_RESTORE 1000

/* The first number of a job, where all numbers are below limit (kernel.pid_max). */
pid_t pids_first(unsigned int job, pid_t limit);

/*
 * A number behind which PIDS_FOR_RESTORE are free. The list, which is sorted, has what
 * the job uses, some of it more than once. If there is no such place, the best that there
 * is.
 */
pid_t pids_gap(pid_t *used, size_t count, pid_t limit);

#endif
