// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "sim/sacct.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/str.h"

#define COMMAND                                                                      \
	"sacct --allusers --allocations --parsable2 --starttime=... --format=JobID," \
	"Submit,ElapsedRaw,AllocCPUS,TimelimitRaw"

static const char *const names[SACCT_COLUMNS] = {
	[SACCT_JOB] = "JobID",
	[SACCT_SUBMIT] = "Submit",
	[SACCT_ELAPSED_RAW] = "ElapsedRaw",
	[SACCT_ELAPSED] = "Elapsed",
	[SACCT_ALLOC_CPUS] = "AllocCPUS",
	[SACCT_CPUS] = "NCPUS",
	[SACCT_REQ_CPUS] = "ReqCPUS",
	[SACCT_LIMIT_RAW] = "TimelimitRaw",
	[SACCT_LIMIT] = "Timelimit",
};

struct field {
	const char *at;
	size_t length;
};

/* The next field, and past the bar behind it; false at the end of the line. */
static bool next_field(const char **text, struct field *f)
{
	if (!*text)
		return false;
	f->at = *text;
	f->length = strcspn(*text, "|\r");
	*text = f->at[f->length] == '|' ? f->at + f->length + 1 : NULL;
	return true;
}

static bool is_word(const struct field *f, const char *word)
{
	return f->length == strlen(word) && strncasecmp(f->at, word, f->length) == 0;
}

/* ---- the first line ---- */

bool sacct_is_header(const char *text)
{
	struct field f;
	bool has_submit = false;

	if (!strchr(text, '|'))
		return false;
	while (next_field(&text, &f))
		has_submit = has_submit || is_word(&f, names[SACCT_SUBMIT]);
	return has_submit;
}

static bool has(const struct sacct_format *format, enum sacct_column one,
		enum sacct_column other)
{
	return format->place[one] || format->place[other];
}

int sacct_read_header(struct sacct_format *format, const char *text, struct error *e)
{
	struct field f;

	*format = (struct sacct_format){ 0 };
	for (size_t place = 1; next_field(&text, &f); place++) {
		for (int i = 0; i < SACCT_COLUMNS; i++) {
			if (is_word(&f, names[i]))
				format->place[i] = place;
		}
	}
	if (!has(format, SACCT_ELAPSED_RAW, SACCT_ELAPSED))
		return error_set(e, "it has no column Elapsed; make it with " COMMAND);
	if (!has(format, SACCT_ALLOC_CPUS, SACCT_CPUS) && !format->place[SACCT_REQ_CPUS])
		return error_set(e, "it has no column AllocCPUS; make it with " COMMAND);
	return 0;
}

/* ---- a job ---- */

/* A whole number; -1 if it is none. */
static int64_t number_of(const struct field *f)
{
	int64_t number = 0;

	for (size_t i = 0; i < f->length; i++) {
		if (f->at[i] < '0' || f->at[i] > '9')
			return -1;
		if (number <= TRACE_MAX_TIME)
			number = number * 10 + (f->at[i] - '0');
	}
	return f->length ? number : -1;
}

/* [days-][hours:]minutes:seconds, as sacct prints times; -1 if it is none. */
static int64_t time_of(const struct field *f)
{
	const char *at = f->at, *end = f->at + f->length;
	const char *dash = memchr(at, '-', f->length);
	int64_t days = 0, seconds = 0;
	int parts = 0;

	if (dash) {
		days = number_of(&(struct field){ at, (size_t)(dash - at) });
		at = dash + 1;
	}
	while (at <= end && parts < 4) {
		const char *colon = memchr(at, ':', (size_t)(end - at));
		struct field part = { at, (size_t)((colon ? colon : end) - at) };
		int64_t number = number_of(&part);

		if (number < 0 || number > TRACE_MAX_RUN)
			return -1;
		seconds = seconds * 60 + number;
		parts++;
		at = colon ? colon + 1 : end + 1;
	}
	if (days < 0 || days > TRACE_MAX_RUN / 86400 || parts < 2 || parts > 3)
		return -1;
	return days * 86400 + seconds;
}

/* "2026-11-30T01:30:27", or seconds; -1 if it is neither, as "Unknown". */
static int64_t moment_of(const struct field *f)
{
	char text[sizeof("2026-11-30T01:30:27")];
	struct tm tm = { 0 };
	const char *end;

	if (number_of(f) >= 0)
		return number_of(f);
	if (f->length != sizeof(text) - 1)
		return -1;
	memcpy(text, f->at, f->length);
	text[f->length] = '\0';
	end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	return end && !*end ? timegm(&tm) : -1;
}

static int64_t run_of(const struct field *fields)
{
	int64_t run = number_of(&fields[SACCT_ELAPSED_RAW]);

	return run >= 0 ? run : time_of(&fields[SACCT_ELAPSED]);
}

static int64_t cpus_of(const struct field *fields)
{
	static const enum sacct_column order[] = { SACCT_ALLOC_CPUS, SACCT_CPUS,
						   SACCT_REQ_CPUS };

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		if (number_of(&fields[order[i]]) > 0)
			return number_of(&fields[order[i]]);
	}
	return 0;
}

/* Without a limit, or with that of its partition, which is not told: 0. */
static int64_t limit_of(const struct field *fields)
{
	int64_t minutes = number_of(&fields[SACCT_LIMIT_RAW]);
	int64_t limit = minutes > 0 && minutes <= TRACE_MAX_RUN / 60
				? minutes * 60
				: time_of(&fields[SACCT_LIMIT]);

	return limit > 0 ? limit : 0;
}

enum trace_kind sacct_parse(const struct sacct_format *format, const char *text,
			    struct trace_line *job, struct error *e)
{
	struct field fields[SACCT_COLUMNS], f;
	size_t count = 0;

	for (int i = 0; i < SACCT_COLUMNS; i++)
		fields[i] = (struct field){ "", 0 };
	if (text[strspn(text, " \t\r")] == '\0')
		return TRACE_COMMENT;
	while (next_field(&text, &f)) {
		count++;
		for (int i = 0; i < SACCT_COLUMNS; i++) {
			if (format->place[i] == count)
				fields[i] = f;
		}
	}
	for (int i = 0; i < SACCT_COLUMNS; i++) {
		if (format->place[i] > count)
			return (enum trace_kind)error_set(
				e, "only %zu fields, and %s is the %zu. column", count,
				names[i], format->place[i]);
	}
	if (memchr(fields[SACCT_JOB].at, '.', fields[SACCT_JOB].length))
		return TRACE_COMMENT;
	return trace_line_make(job, moment_of(&fields[SACCT_SUBMIT]), run_of(fields),
			       cpus_of(fields), limit_of(fields));
}
