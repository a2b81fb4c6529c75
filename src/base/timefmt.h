/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * timefmt.h - intervals as Slurm writes them.
 *
 * Linked into the plugin too, so it needs nothing but the C library.
 */
#ifndef BASE_TIMEFMT_H
#define BASE_TIMEFMT_H

#include "base/error.h"

/* What may be given, for messages. */
#define TIMEFMT_FORMATS                                           \
	"minutes, hours:minutes:seconds, days-hours or a number " \
	"with s, m, h or d"

/*
 * Parse an interval in one of Slurm's formats (sbatch(1), --time): "minutes",
 * "minutes:seconds", "hours:minutes:seconds", "days-hours",
 * "days-hours:minutes", "days-hours:minutes:seconds"; or a number with a unit
 * s, m, h or d ("90s", "10m"). Returns seconds in *seconds, at most a year; -1
 * if text is none of these.
 */
int timefmt_parse(const char *text, long *seconds, struct error *e);

#endif
