// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/timefmt.h"

#include <ctype.h>

enum { MINUTE = 60, HOUR = 60 * MINUTE, DAY = 24 * HOUR, YEAR = 365 * DAY };

/* No number grows beyond this, so that no sum below overflows: it is too long anyway. */
#define NUMBER_MAX (YEAR + 1L)

/* Seconds of each field, by what is written: no other count of fields is a format. */
static const long day_fields[] = { HOUR, MINUTE, 1 };  /* after "days-" */
static const long hour_fields[] = { HOUR, MINUTE, 1 }; /* hours:minutes:seconds */
static const long minute_fields[] = { MINUTE, 1 };     /* minutes, minutes:seconds */

static int not_an_interval(struct error *e)
{
	return error_set(e, "not an interval; give " TIMEFMT_FORMATS);
}

/* Read digits at *p and step over them. -1 if there are none. */
static int read_number(const char **p, long *number)
{
	if (!isdigit((unsigned char)**p))
		return -1;
	for (*number = 0; isdigit((unsigned char)**p); (*p)++) {
		*number = *number * 10 + (**p - '0');
		if (*number > NUMBER_MAX)
			*number = NUMBER_MAX;
	}
	return 0;
}

static long unit_seconds(char unit)
{
	switch (unit) {
	case 's':
		return 1;
	case 'm':
		return MINUTE;
	case 'h':
		return HOUR;
	case 'd':
		return DAY;
	default:
		return 0;
	}
}

/* Read up to three numbers with ":" between them; all of text. Their count, or -1. */
static int read_fields(const char *text, long field[3])
{
	int count = 0;

	for (;;) {
		if (count == 3 || read_number(&text, &field[count++]) < 0)
			return -1;
		if (!*text)
			return count;
		if (*text++ != ':')
			return -1;
	}
}

/* "minutes", "minutes:seconds", "hours:minutes:seconds"; with days, from hours down. */
static int parse_fields(const char *text, int after_days, long *seconds)
{
	const long *scale = after_days ? day_fields : minute_fields;
	long field[3];
	int count = read_fields(text, field);

	if (count < 0)
		return -1;
	if (!after_days && count == 3)
		scale = hour_fields;
	for (int i = 0; i < count; i++)
		*seconds += field[i] * scale[i];
	return 0;
}

static int parse(const char *text, long *seconds)
{
	const char *rest = text;
	long number;

	*seconds = 0;
	if (read_number(&rest, &number) < 0)
		return -1;
	if (*rest == '-') {
		*seconds = number * DAY;
		return parse_fields(rest + 1, 1, seconds);
	}
	if (unit_seconds(*rest) && !rest[1]) {
		*seconds = number * unit_seconds(*rest);
		return 0;
	}
	return parse_fields(text, 0, seconds);
}

int timefmt_parse(const char *text, long *seconds, struct error *e)
{
	long value;

	if (parse(text, &value) < 0)
		return not_an_interval(e);
	if (value > YEAR)
		return error_set(e, "longer than a year");
	*seconds = value;
	return 0;
}
