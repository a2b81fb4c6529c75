// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_swf.c - no line of a trace or of a machine, however odd, makes a job or a cluster
 * that the simulator does not believe; and what is refused is refused with a sentence.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "sim/machine.h"
#include "sim/swf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int holds)
{
	if (!holds)
		abort();
}

static void fuzz_job(const char *text)
{
	struct error e = { .text = "" };
	struct trace_line job;
	enum trace_kind kind = swf_parse(text, &job, &e);

	must((kind == TRACE_INVALID) == (e.text[0] != '\0'));
	(void)swf_header(text, "MaxProcs");
	if (kind != TRACE_JOB)
		return;
	must(job.submit >= 0 && job.submit <= TRACE_MAX_TIME);
	must(job.run >= 1 && job.run <= job.estimate && job.estimate <= TRACE_MAX_RUN);
	must(job.cpus >= 1 && job.cpus <= TRACE_MAX_CPUS);
}

static void fuzz_machine(const char *text)
{
	struct error e = { .text = "" };
	struct machine m = { 0 };

	must(machine_add(&m, text, &e) == 0 || e.text[0]);
	must(m.cpus <= TRACE_MAX_CPUS && m.nodes <= m.cpus);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = malloc(size + 1);

	must(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	fuzz_job(text);
	fuzz_machine(text);
	return 0;
}
