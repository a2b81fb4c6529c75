/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sacct.h - a trace as Slurm's own accounting prints it: "sacct --parsable2" (sacct(1)), a
 * line of column names and a line for each job, with "|" between the fields.
 *
 * Columns may come in any order, and others among them. These are read:
 *
 *	Submit			needed; as sacct prints it by default, or with
 *				SLURM_TIME_FORMAT=%s
 *	ElapsedRaw or Elapsed	needed
 *	AllocCPUS, NCPUS or	needed, the first of them that is there and not 0
 *	ReqCPUS
 *	TimelimitRaw or		minutes, or as sacct prints it; a job without a limit is
 *	Timelimit		taken to have estimated its run time exactly
 *	JobID			lines of steps ("123.batch") are left out
 *
 * Times of day are taken as they stand: the hour in which a clock is changed is not known.
 */
#ifndef SIM_SACCT_H
#define SIM_SACCT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "sim/trace_line.h"

enum sacct_column {
	SACCT_JOB,
	SACCT_SUBMIT,
	SACCT_ELAPSED_RAW,
	SACCT_ELAPSED,
	SACCT_ALLOC_CPUS,
	SACCT_CPUS,
	SACCT_REQ_CPUS,
	SACCT_LIMIT_RAW,
	SACCT_LIMIT,
	SACCT_COLUMNS
};

/* Where each column stands, from 1 on; 0: it is not there. */
struct sacct_format {
	size_t place[SACCT_COLUMNS];
};

/* Is it the first line of such a trace? */
bool sacct_is_header(const char *text);

/* -1 and a sentence if a column is missing that is needed. */
int sacct_read_header(struct sacct_format *format, const char *text, struct error *e);

/* text ends with a zero byte. e is filled for TRACE_INVALID only. */
enum trace_kind sacct_parse(const struct sacct_format *format, const char *text,
			    struct trace_line *job, struct error *e);

#endif
