/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * swf.h - one line of a trace in the Standard Workload Format, version 2.2
 * (https://www.cs.huji.ac.il/labs/parallel/workload/swf.html).
 */
#ifndef SIM_SWF_H
#define SIM_SWF_H

#include <stdint.h>

#include "base/error.h"
#include "sim/trace_line.h"

/* text ends with a zero byte. e is filled for TRACE_INVALID only. */
enum trace_kind swf_parse(const char *text, struct trace_line *job, struct error *e);

/* The value of a comment "; NAME: 128", as MaxProcs; 0: it is another comment. */
uint64_t swf_header(const char *text, const char *name);

#endif
