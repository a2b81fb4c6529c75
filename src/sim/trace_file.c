// SPDX-License-Identifier: GPL-2.0-or-later
#include <archive.h>
#include <archive_entry.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "sim/sacct.h"
#include "sim/swf.h"
#include "sim/trace.h"

#define LINE_MAX_BYTES 65536 /* sacct may be asked for columns of any length */

struct reader {
	struct archive *archive;
	const char *path;
	struct trace *trace;
	unsigned long line_number;
	bool is_sacct;
	struct sacct_format sacct;
	size_t length;
	char line[LINE_MAX_BYTES];
};

/* What the comments of a trace say of the machine. */
static void note_machine(struct reader *r)
{
	uint64_t procs = swf_header(r->line, "MaxProcs");

	if (!procs && !r->trace->max_procs)
		procs = swf_header(r->line, "MaxNodes");
	if (procs)
		r->trace->max_procs = procs;
}

static enum trace_kind parse_line(struct reader *r, struct trace_line *job,
				  struct error *e)
{
	if (r->is_sacct)
		return sacct_parse(&r->sacct, r->line, job, e);
	if (r->line_number == 1 && sacct_is_header(r->line)) {
		r->is_sacct = true;
		return sacct_read_header(&r->sacct, r->line, e) < 0 ? TRACE_INVALID
								    : TRACE_COMMENT;
	}
	note_machine(r);
	return swf_parse(r->line, job, e);
}

static int take_line(struct reader *r, struct error *e)
{
	struct trace_line job;

	r->line[r->length] = '\0';
	r->line_number++;
	if (strlen(r->line) < r->length)
		return error_set(e, "%s, line %lu: a zero byte", r->path, r->line_number);
	r->length = 0;
	switch (parse_line(r, &job, e)) {
	case TRACE_COMMENT:
		return 0;
	case TRACE_UNUSABLE:
		r->trace->unusable++;
		return 0;
	case TRACE_JOB:
		return trace_add(r->trace, &job, e);
	case TRACE_INVALID:
		break;
	}
	return error_prefix(e, "%s, line %lu", r->path, r->line_number);
}

static int take_bytes(struct reader *r, const char *bytes, size_t size, struct error *e)
{
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] == '\n') {
			if (take_line(r, e) < 0)
				return -1;
		} else if (r->length < sizeof(r->line) - 1) {
			r->line[r->length++] = bytes[i];
		} else {
			return error_set(e, "%s, line %lu: more than %zu bytes", r->path,
					 r->line_number + 1, sizeof(r->line) - 1);
		}
	}
	return 0;
}

static int read_all(struct reader *r, struct error *e)
{
	cleanup_free char *buffer = malloc(1 << 16);
	ssize_t size;

	if (!buffer)
		return error_sys(e, "%s", r->path);
	while ((size = archive_read_data(r->archive, buffer, 1 << 16)) > 0) {
		if (take_bytes(r, buffer, (size_t)size, e) < 0)
			return -1;
	}
	if (size < 0)
		return error_set(e, "%s: %s", r->path, archive_error_string(r->archive));
	return r->length ? take_line(r, e) : 0;
}

static int open_and_read(struct reader *r, struct error *e)
{
	struct archive_entry *entry;

	archive_read_support_filter_all(r->archive);
	archive_read_support_format_raw(r->archive);
	archive_read_support_format_empty(r->archive);
	if (archive_read_open_filename(r->archive, r->path, 1 << 16) != ARCHIVE_OK)
		return error_set(e, "%s: %s", r->path, archive_error_string(r->archive));
	switch (archive_read_next_header(r->archive, &entry)) {
	case ARCHIVE_EOF:
		return 0;
	case ARCHIVE_OK:
	case ARCHIVE_WARN:
		return read_all(r, e);
	default:
		return error_set(e, "%s: %s", r->path, archive_error_string(r->archive));
	}
}

int trace_read(struct trace *t, const char *path, struct error *e)
{
	struct reader *r = calloc(1, sizeof(*r));
	int rc;

	if (!r)
		return error_sys(e, "%s", path);
	r->path = path;
	r->trace = t;
	r->archive = archive_read_new();
	rc = r->archive ? open_and_read(r, e) : error_sys(e, "%s", path);
	archive_read_free(r->archive);
	free(r);
	return rc;
}
