// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/swf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The fields that are used, by their place in a line. */
enum {
	FIELD_SUBMIT = 1,
	FIELD_RUN = 3,
	FIELD_CPUS = 4,
	FIELD_REQUESTED_CPUS = 7,
	FIELD_ESTIMATE = 8,
	FIELD_MEMORY = 9,
	FIELDS_LEAST = 11, /* what a line has at least: some traces lack the last ones */
	FIELDS = 18
};

static const char blanks[] = " \t\r";

/* Fields may have fractions, which no field of ours needs. NULL: it is no number. */
static const char *parse_field(const char *text, int64_t *value)
{
	char *end;
	double number;

	if (!strchr("-+.0123456789", *text))
		return NULL;
	number = strtod(text, &end);
	if (end == text || (*end && !strchr(blanks, *end)))
		return NULL;
	if (!(number >= -1))
		number = -1;
	*value = number < (double)TRACE_MAX_TIME ? (int64_t)number : TRACE_MAX_TIME + 1;
	return end + strspn(end, blanks);
}

static enum trace_kind fill(const int64_t *fields, struct trace_line *job)
{
	int64_t cpus = fields[FIELD_CPUS] > 0 ? fields[FIELD_CPUS]
					      : fields[FIELD_REQUESTED_CPUS];
	enum trace_kind kind =
		trace_line_make(job, fields[FIELD_SUBMIT], fields[FIELD_RUN], cpus,
				fields[FIELD_ESTIMATE]);

	if (kind == TRACE_JOB && fields[FIELD_MEMORY] > 0)
		job->memory = (uint64_t)fields[FIELD_MEMORY] * 1024;
	return kind;
}

enum trace_kind swf_parse(const char *text, struct trace_line *job, struct error *e)
{
	int64_t fields[FIELDS];
	size_t count = 0;

	for (; count < FIELDS; count++)
		fields[count] = -1;
	text += strspn(text, blanks);
	if (!*text || *text == ';')
		return TRACE_COMMENT;
	for (count = 0; *text && count < FIELDS; count++) {
		text = parse_field(text, &fields[count]);
		if (!text)
			return (enum trace_kind)error_set(e, "field %zu is not a number",
							  count + 1);
	}
	if (*text)
		return (enum trace_kind)error_set(e, "more than %d fields", FIELDS);
	if (count < FIELDS_LEAST)
		return (enum trace_kind)error_set(e, "only %zu of %d fields", count,
						  FIELDS);
	return fill(fields, job);
}

uint64_t swf_header(const char *text, const char *name)
{
	unsigned long long value;

	if (*text++ != ';')
		return 0;
	text += strspn(text, blanks);
	if (strncmp(text, name, strlen(name)) != 0 || text[strlen(name)] != ':')
		return 0;
	text += strlen(name) + 1;
	text += strspn(text, blanks);
	if (*text < '0' || *text > '9')
		return 0;
	errno = 0;
	value = strtoull(text, NULL, 10);
	return errno ? 0 : value;
}
