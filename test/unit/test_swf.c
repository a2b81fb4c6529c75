// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/swf.h"

#include <string.h>

#include "testing.h"

static void a_line_is_read(void **state)
{
	static const struct {
		const char *text;
		enum trace_kind kind;
		struct trace_line job;
	} cases[] = {
		{ "1 5 10 100 4 -1 -1 8 200 1024 1 1 1 -1 -1 -1 -1 -1",
		  TRACE_JOB,
		  { 5, 100, 200, 4, 1 << 20 } },
		{ "  1\t5 10 100 4 99.5 -1 8 200 -1 1 1 1 -1 -1 -1 -1 -1 \r",
		  TRACE_JOB,
		  { 5, 100, 200, 4, 0 } },
		/* No CPUs, but those that were asked for; no estimate; one that is short. */
		{ "1 5 -1 100 -1 -1 -1 8 -1 -1 1", TRACE_JOB, { 5, 100, 100, 8, 0 } },
		{ "1 5 -1 100 4 -1 -1 8 60 -1 1", TRACE_JOB, { 5, 100, 100, 4, 0 } },
		{ "1 5 -1 100 4 -1 -1 8 1e300 -1 1",
		  TRACE_JOB,
		  { 5, 100, INT32_MAX, 4, 0 } },
		{ "", TRACE_COMMENT, { 0 } },
		{ " \t\r", TRACE_COMMENT, { 0 } },
		{ "; MaxProcs: 128", TRACE_COMMENT, { 0 } },
		/* It never ran; no CPUs; before the beginning; more than is believed. */
		{ "1 5 10 -1 4 -1 -1 4 200 -1 0", TRACE_UNUSABLE, { 0 } },
		{ "1 5 10 0 4 -1 -1 4 200 -1 0", TRACE_UNUSABLE, { 0 } },
		{ "1 5 10 9 0 -1 -1 -1 200 -1 0", TRACE_UNUSABLE, { 0 } },
		{ "1 -5 10 9 4 -1 -1 -1 200 -1 0", TRACE_UNUSABLE, { 0 } },
		{ "1 9e99 10 9 4 -1 -1 -1 200 -1 0", TRACE_UNUSABLE, { 0 } },
		{ "1 5 10 9 9e9 -1 -1 -1 200 -1 0", TRACE_UNUSABLE, { 0 } },
		{ "1 5 10 9e18 4 -1 -1 -1 200 -1 0", TRACE_UNUSABLE, { 0 } },
		{ "1 5 10 100 4 -1 -1 8 200 1024", TRACE_INVALID, { 0 } },
		{ "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19",
		  TRACE_INVALID,
		  { 0 } },
		{ "1 5 10 1x0 4 -1 -1 8 200 1024 1", TRACE_INVALID, { 0 } },
		{ "1 5 10 nan 4 -1 -1 8 200 1024 1", TRACE_INVALID, { 0 } },
		{ "1 5 10 inf 4 -1 -1 8 200 1024 1", TRACE_INVALID, { 0 } },
		{ "hello", TRACE_INVALID, { 0 } },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct trace_line job = { 0 };
		struct error e = { .text = "" };

		assert_int_equal(swf_parse(cases[i].text, &job, &e), cases[i].kind);
		assert_int_equal(e.text[0] != '\0', cases[i].kind == TRACE_INVALID);
		if (cases[i].kind == TRACE_JOB)
			assert_memory_equal(&job, &cases[i].job, sizeof(job));
	}
}

static void the_size_of_the_machine_is_in_a_comment(void **state)
{
	(void)state;
	assert_int_equal(swf_header("; MaxProcs: 128", "MaxProcs"), 128);
	assert_int_equal(swf_header(";MaxProcs:\t128 processors", "MaxProcs"), 128);
	assert_int_equal(swf_header("; MaxProcs: -1", "MaxProcs"), 0);
	assert_int_equal(swf_header("; MaxProcs: 99999999999999999999", "MaxProcs"), 0);
	assert_int_equal(swf_header("; MaxNodes: 128", "MaxProcs"), 0);
	assert_int_equal(swf_header("MaxProcs: 128", "MaxProcs"), 0);
	assert_int_equal(swf_header("", "MaxProcs"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_read),
		cmocka_unit_test(the_size_of_the_machine_is_in_a_comment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
