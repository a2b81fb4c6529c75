/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * swf.h - one line of a trace in the Standard Workload Format, version 2.2
 * (https://www.cs.huji.ac.il/labs/parallel/workload/swf.html).
 */
#ifndef SIM_SWF_H
#define SIM_SWF_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum swf_kind {
	SWF_INVALID = -1, /* not a line of the format */
	SWF_COMMENT,	  /* or empty */
	SWF_JOB,
	SWF_UNUSABLE, /* a job that never ran: without a run time, CPUs or submission */
};

struct swf_job {
	int64_t submit;	  /* seconds since the beginning of the trace */
	int64_t run;	  /* seconds, at least 1 */
	int64_t estimate; /* seconds, at least run */
	uint32_t cpus;
	uint64_t memory; /* bytes for each CPU; 0: not known */
};

/* What is believed of a trace; what is beyond is unusable. */
#define SWF_MAX_TIME ((int64_t)1 << 40) /* seconds: 35,000 years, so no sum overflows */
#define SWF_MAX_RUN  INT32_MAX		/* seconds: 68 years */
#define SWF_MAX_CPUS (UINT32_C(1) << 26)

/* text ends with a zero byte. e is filled for SWF_INVALID only. */
enum swf_kind swf_parse(const char *text, struct swf_job *job, struct error *e);

/* The value of a comment "; NAME: 128", as MaxProcs; 0: it is another comment. */
uint64_t swf_header(const char *text, const char *name);

#endif
