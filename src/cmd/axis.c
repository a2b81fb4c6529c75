// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "cmd/axis.h"

#include <math.h>
#include <stddef.h>
#include <time.h>

#define MINUTE	 60.0
#define HOUR	 3600.0
#define DAY	 86400.0
#define YEAR	 (365 * DAY)
#define MARGIN	 0.015 /* of the width, at each end */
#define AT_LEAST 1.0   /* seconds */

static const double steps[] = {
	1,	    2,		5,	     10,	  15,	       30,	MINUTE,
	2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR,	2 * HOUR,
	3 * HOUR,   6 * HOUR,	12 * HOUR,   DAY,	  2 * DAY,     7 * DAY, 14 * DAY,
	30 * DAY,   90 * DAY,	180 * DAY,   YEAR,
};

static double step_for(double span, unsigned int marks)
{
	double step = YEAR;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (span / steps[i] <= marks)
			return steps[i];
	}
	while (span / step > marks)
		step *= 10;
	return step;
}

static struct tm local_time(double when)
{
	time_t t = (time_t)when;
	struct tm tm = { .tm_mday = 1 };

	(void)localtime_r(&t, &tm);
	return tm;
}

void axis_init(struct axis *axis, double first, double last, double left, double width,
	       unsigned int marks)
{
	double span = last - first > AT_LEAST ? last - first : AT_LEAST;
	double offset = (double)local_time(first).tm_gmtoff;

	*axis = (struct axis){ .first = first - span * MARGIN,
			       .last = first + span * (1 + MARGIN),
			       .left = left,
			       .width = width,
			       .step = step_for(span, marks) };
	axis->mark = ceil((axis->first + offset) / axis->step) * axis->step - offset;
	axis->marks = (unsigned int)(floor((axis->last - axis->mark) / axis->step) + 1);
}

double axis_x(const struct axis *axis, double time)
{
	double x = (time - axis->first) / (axis->last - axis->first);

	return axis->left + axis->width * (x < 0 ? 0 : x > 1 ? 1 : x);
}

struct axis_label axis_label(const struct axis *axis, double time)
{
	struct tm tm = local_time(time);
	struct axis_label label;
	const size_t size = sizeof(label.text);

	if (axis->step < MINUTE)
		strftime(label.text, size, "%H:%M:%S", &tm);
	else if (axis->step < DAY)
		strftime(label.text, size, "%H:%M", &tm);
	else if (axis->step < YEAR)
		strftime(label.text, size, "%b %e", &tm);
	else
		strftime(label.text, size, "%Y", &tm);
	return label;
}

struct axis_label axis_label_above(const struct axis *axis, double time)
{
	struct tm tm = local_time(time);
	struct axis_label label = { "" };

	if (axis->step < DAY)
		strftime(label.text, sizeof(label.text), "%b %e, %Y", &tm);
	else if (axis->step < YEAR)
		strftime(label.text, sizeof(label.text), "%Y", &tm);
	return label;
}
