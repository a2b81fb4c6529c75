// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/trace_line.h"

enum trace_kind trace_line_make(struct trace_line *job, int64_t submit, int64_t run,
				int64_t cpus, int64_t estimate)
{
	if (submit < 0 || submit > TRACE_MAX_TIME || run <= 0 || run > TRACE_MAX_RUN ||
	    cpus <= 0 || cpus > TRACE_MAX_CPUS)
		return TRACE_UNUSABLE;
	if (estimate < run)
		estimate = run;
	*job = (struct trace_line){ .submit = submit,
				    .run = run,
				    .estimate = estimate < TRACE_MAX_RUN ? estimate
									 : TRACE_MAX_RUN,
				    .cpus = (uint32_t)cpus };
	return TRACE_JOB;
}
