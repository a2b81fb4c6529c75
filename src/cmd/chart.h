/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * chart.h - jobs over time: a row for a node, a bar for a run, a mark for an event.
 */
#ifndef CMD_CHART_H
#define CMD_CHART_H

#include <stdbool.h>
#include <stdio.h>

#include "cmd/life.h"
#include "cmd/symbol.h"

struct chart_summary {
	double first, last; /* times of the first beginning and the last end */
	size_t nodes;
	size_t left_out; /* runs for which there was no room */
	bool lost;	 /* lost work is shown */
	bool used[SYMBOLS];
};

/* The hue in which a job is drawn, in degrees, here and elsewhere. */
unsigned int chart_hue(size_t index);

/* Draw the jobs, and tell what was drawn. */
int chart_write(FILE *out, const struct life *lives, size_t count, double now,
		struct chart_summary *summary, struct error *e);

#endif
