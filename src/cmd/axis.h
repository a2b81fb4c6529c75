/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * axis.h - the axis of time of a chart.
 */
#ifndef CMD_AXIS_H
#define CMD_AXIS_H

/* Times in seconds since 1970, x in the units of the drawing. */
struct axis {
	double first, last; /* times at its ends */
	double left, width;
	double step;	    /* seconds between two marks, at round local times */
	double mark;	    /* the first of them */
	unsigned int marks; /* how many */
};

/* Show the times from first to last, and a little more, with at most marks marks. */
void axis_init(struct axis *axis, double first, double last, double left, double width,
	       unsigned int marks);

double axis_x(const struct axis *axis, double time);

struct axis_label {
	char text[32];
};

/* What stands at a mark; and above it where that changes, or nothing. */
struct axis_label axis_label(const struct axis *axis, double time);
struct axis_label axis_label_above(const struct axis *axis, double time);

#endif
