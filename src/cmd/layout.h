/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layout.h - what a chart (chart.h) has, and where: nodes below one another, on each what
 * ran there, side by side what ran there at the same time.
 */
#ifndef CMD_LAYOUT_H
#define CMD_LAYOUT_H

#include "cmd/axis.h"
#include "cmd/chart.h"

/* In units that are pixels where the window is as wide as LAYOUT_WIDTH. */
#define LAYOUT_WIDTH	 1200.0
#define LAYOUT_TOP	 34.0 /* for the axis */
#define LAYOUT_NAME_MAX	 22   /* bytes of a node's name; the rest is cut */
#define LAYOUT_LANES_MAX 64

struct bar {
	size_t life;
	const struct history_run *run;
	size_t row;
	unsigned int lane;
	double x, y, width;
};

struct row {
	const char *node;
	unsigned int lanes;
	double y, height;
	double free_from[LAYOUT_LANES_MAX]; /* x to which each lane is full */
};

struct chart {
	FILE *out;
	const struct life *lives;
	size_t nlives;
	struct bar *bars;
	size_t nbars;
	struct row *rows;
	size_t nrows;
	struct axis axis;
	double left, height;
	double lane; /* height */
	struct chart_summary *summary;
};

/* For the lives and the summary that c has: fill in all else. */
int layout_make(struct chart *c, double now, struct error *e);

/* There is a place for the bar: its node is one of those that are drawn. */
static inline bool layout_has(const struct chart *c, const struct bar *bar)
{
	return bar->row < c->nrows;
}

void layout_free(struct chart *c);

#endif
