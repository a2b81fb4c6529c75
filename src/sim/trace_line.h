/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_line.h - what a line of a trace says, in whichever format it is.
 */
#ifndef SIM_TRACE_LINE_H
#define SIM_TRACE_LINE_H

#include <stdint.h>

enum trace_kind {
	TRACE_INVALID = -1, /* not a line of the format */
	TRACE_COMMENT,	    /* or empty, or of no job */
	TRACE_JOB,
	TRACE_UNUSABLE, /* a job that never ran: without a run time, CPUs or submission */
};

struct trace_line {
	int64_t submit;	  /* seconds since some moment before the trace begins */
	int64_t run;	  /* seconds, at least 1 */
	int64_t estimate; /* seconds, at least run */
	uint32_t cpus;
	uint64_t memory; /* bytes for each CPU; 0: not known */
};

/* What is believed of a trace; what is beyond is unusable. */
#define TRACE_MAX_TIME ((int64_t)1 << 40) /* seconds: 35,000 years, so no sum overflows */
#define TRACE_MAX_RUN  INT32_MAX	  /* seconds: 68 years */
#define TRACE_MAX_CPUS (UINT32_C(1) << 26)

/*
 * A job of these values, each of them negative where it is not known; an estimate that is
 * shorter than the run is raised to it. TRACE_UNUSABLE if one is missing that is needed, or
 * beyond belief.
 */
enum trace_kind trace_line_make(struct trace_line *job, int64_t submit, int64_t run,
				int64_t cpus, int64_t estimate);

#endif
