// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/sacct.h"

#include <string.h>

#include "testing.h"

#define HEADER "JobID|User|Submit|Start|Elapsed|AllocCPUS|Timelimit"
#define SUBMIT 1764466227 /* 2025-11-30T01:30:27 */

static void a_job_is_read_by_the_names_of_the_columns(void **state)
{
	static const struct {
		const char *header, *text;
		enum trace_kind kind;
		struct trace_line job;
	} cases[] = {
		{ HEADER,
		  "7|alice|2025-11-30T01:30:27|2025-11-30T01:30:28|1-02:03:04|8|2-00:00:"
		  "00",
		  TRACE_JOB,
		  { SUBMIT, 93784, 172800, 8, 0 } },
		{ HEADER "\r",
		  "7_1|alice|2025-11-30T01:30:27|Unknown|02:03|8|UNLIMITED\r",
		  TRACE_JOB,
		  { SUBMIT, 123, 123, 8, 0 } },
		{ HEADER,
		  "7|alice|1764466227|1|00:01:00|8|Partition_Limit",
		  TRACE_JOB,
		  { SUBMIT, 60, 60, 8, 0 } },
		{ "submit|ElapsedRaw|NCPUS|ReqCPUS|TimelimitRaw",
		  "2025-11-30T01:30:27|100|0|4|60",
		  TRACE_JOB,
		  { SUBMIT, 100, 3600, 4, 0 } },
		/* Longer than its limit: so it was killed a little late. */
		{ "Submit|ElapsedRaw|NCPUS|TimelimitRaw",
		  "2025-11-30T01:30:27|130|1|2",
		  TRACE_JOB,
		  { SUBMIT, 130, 130, 1, 0 } },
		{ HEADER, "", TRACE_COMMENT, { 0 } },
		{ HEADER,
		  "7.batch||2025-11-30T01:30:27|x|00:01:00|8|",
		  TRACE_COMMENT,
		  { 0 } },
		/* It never ran; no CPUs; it does not say when; more than is believed. */
		{ HEADER,
		  "7|a|2025-11-30T01:30:27|x|00:00:00|8|",
		  TRACE_UNUSABLE,
		  { 0 } },
		{ HEADER,
		  "7|a|2025-11-30T01:30:27|x|00:01:00|0|",
		  TRACE_UNUSABLE,
		  { 0 } },
		{ HEADER, "7|a|Unknown|x|00:01:00|8|", TRACE_UNUSABLE, { 0 } },
		{ HEADER,
		  "7|a|2025-13-30T01:30:27|x|00:01:00|8|",
		  TRACE_UNUSABLE,
		  { 0 } },
		{ HEADER, "7|a|99999999999999|x|00:01:00|8|", TRACE_UNUSABLE, { 0 } },
		{ HEADER, "7|a|1|x|99999999999-00:01:00|8|", TRACE_UNUSABLE, { 0 } },
		{ HEADER, "7|a|1|x|1:2:3:4|8|", TRACE_UNUSABLE, { 0 } },
		{ HEADER, "7|a|1|x|60|8|", TRACE_UNUSABLE, { 0 } },
		{ HEADER, "7|a|1|x|00:01:00|99999999999|", TRACE_UNUSABLE, { 0 } },
		{ HEADER, "7|a|1|x|00:01:00", TRACE_INVALID, { 0 } },
		{ HEADER, "hello", TRACE_INVALID, { 0 } },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct sacct_format format;
		struct trace_line job = { 0 };
		struct error e = { .text = "" };

		assert_true(sacct_is_header(cases[i].header));
		assert_int_equal(sacct_read_header(&format, cases[i].header, &e), 0);
		assert_int_equal(sacct_parse(&format, cases[i].text, &job, &e),
				 cases[i].kind);
		assert_int_equal(e.text[0] != '\0', cases[i].kind == TRACE_INVALID);
		if (cases[i].kind == TRACE_JOB)
			assert_memory_equal(&job, &cases[i].job, sizeof(job));
	}
}

static void a_trace_without_what_is_needed_is_told_how_to_make_one(void **state)
{
	struct sacct_format format;
	struct error e;

	(void)state;
	assert_false(sacct_is_header("JobID|Elapsed|AllocCPUS"));
	assert_false(sacct_is_header("Submit Elapsed"));
	assert_false(sacct_is_header("; MaxProcs: 128"));
	assert_int_equal(sacct_read_header(&format, "Submit|AllocCPUS", &e), -1);
	assert_says(&e, "no column Elapsed; make it with sacct ");
	assert_int_equal(sacct_read_header(&format, "Submit|Elapsed", &e), -1);
	assert_says(&e, "no column AllocCPUS; make it with sacct ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_job_is_read_by_the_names_of_the_columns),
		cmocka_unit_test(a_trace_without_what_is_needed_is_told_how_to_make_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
