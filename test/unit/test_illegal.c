// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/illegal.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "testing.h"

#define LACKS "the CPU of n2 lacks avx2, which the job may use"

static void sigill_is_the_restores_where_the_cpu_is_another(void **state)
{
	static const struct {
		unsigned int generation;
		int status;
		const char *lacks;
		bool elsewhere;
		double after;
		bool illegal;
	} cases[] = {
		{ 3, W_EXITCODE(0, SIGILL), LACKS, true, 0.3, true },
		{ 3, W_EXITCODE(0, SIGILL), LACKS, true, 3600, true },
		{ 3, W_EXITCODE(128 + SIGILL, 0), LACKS, true, 0.3, true },
		{ 3, W_EXITCODE(0, SIGILL), "", true, 0.3, true },
		{ 3, W_EXITCODE(0, SIGILL), "", true, 11, false },
		{ 3, W_EXITCODE(0, SIGILL), "", false, 0.3, false },
		{ 0, W_EXITCODE(0, SIGILL), LACKS, true, 0.3, false },
		{ 3, W_EXITCODE(0, SIGSEGV), LACKS, true, 0.3, false },
		{ 3, W_EXITCODE(0, 0), LACKS, true, 0.3, false },
		{ 3, W_EXITCODE(1, 0), LACKS, true, 0.3, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct restoration r = { .generation = cases[i].generation,
					 .time = 100,
					 .cpu.elsewhere = cases[i].elsewhere };
		struct error e = { .text = "" };

		strcpy(r.cpu.lacks.text, cases[i].lacks);
		assert_int_equal(illegal_instruction(&r, cases[i].status,
						     100 + cases[i].after, &e),
				 cases[i].illegal);
		if (cases[i].illegal) {
			assert_non_null(strstr(e.text, "generation 3"));
			assert_non_null(strstr(e.text, *cases[i].lacks ? cases[i].lacks
								       : "another node"));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sigill_is_the_restores_where_the_cpu_is_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
