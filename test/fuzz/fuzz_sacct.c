// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_sacct.c - no trace as sacct prints it, however odd its columns, makes a job that the
 * simulator does not believe; and what is refused is refused with a sentence.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "sim/sacct.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int holds)
{
	if (!holds)
		abort();
}

static void fuzz_line(const struct sacct_format *format, const char *text)
{
	struct error e = { .text = "" };
	struct trace_line job;
	enum trace_kind kind = sacct_parse(format, text, &job, &e);

	must((kind == TRACE_INVALID) == (e.text[0] != '\0'));
	if (kind != TRACE_JOB)
		return;
	must(job.submit >= 0 && job.submit <= TRACE_MAX_TIME);
	must(job.run >= 1 && job.run <= job.estimate && job.estimate <= TRACE_MAX_RUN);
	must(job.cpus >= 1 && job.cpus <= TRACE_MAX_CPUS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = malloc(size + 1);
	struct sacct_format format;
	struct error e = { .text = "" };
	char *next = text, *line;

	must(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	line = strsep(&next, "\n");
	if (!sacct_is_header(line))
		return 0;
	if (sacct_read_header(&format, line, &e) < 0) {
		must(e.text[0] != '\0');
		return 0;
	}
	while ((line = strsep(&next, "\n")))
		fuzz_line(&format, line);
	return 0;
}
