// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/cpu_class.h"

#include <stdio.h>
#include <string.h>

#include "testing.h"

/* CPUs, with what of them matters here; the first three as Linux 6.x shows them. */
#define V1	   "fpu cx8 cmov clflush mmx fxsr sse sse2 "
#define V2	   V1 "pni ssse3 cx16 sse4_1 sse4_2 popcnt lahf_lm rdtscp "
#define V3	   V2 "fma movbe osxsave avx f16c bmi1 avx2 bmi2 abm xsaveopt "
#define AVX512	   "avx512f avx512dq avx512cd avx512bw avx512vl "
#define NEHALEM	   "x86_64 " V2
#define WESTMERE_X "x86_64 xcr0=3 xsave-size=240 " V2 "osxsave "
#define HASWELL	   "x86_64 xcr0=7 xsave-size=340 " V3 "aes pclmulqdq rdrand fsgsbase erms "
#define SKYLAKE_X                                                        \
	"x86_64 xcr0=2e7 xsave-size=a88 " V3 AVX512                      \
	"aes pclmulqdq rdrand fsgsbase erms rdseed adx clflushopt clwb " \
	"xsavec xgetbv1 ospke rtm hle 3dnowprefetch"
#define EPYC                                                             \
	"x86_64 xcr0=7 xsave-size=340 " V3                               \
	"aes pclmulqdq rdrand fsgsbase erms fsrm rdseed adx clflushopt " \
	"sha_ni xsavec xgetbv1 sse4a misalignsse 3dnowprefetch clzero mmxext"
#define ARM	 "aarch64 hwcap0 hwcap1"
#define ARM_MORE "aarch64 hwcap0 hwcap1 hwcap22 hwcap65"

/* A job that starts on one CPU, and is to go on on the other. */
struct pair {
	const char *from;
	const char *to;
	enum cpu_baseline baseline;
	bool bind_now;
	const char *missing; /* NULL: it may */
};

static void check_pair(const struct pair *p)
{
	struct cpu from, used, to;
	struct error e = { .text = "" };
	int rc;

	assert_int_equal(cpu_parse(&from, p->from, NULL), 0);
	assert_int_equal(cpu_parse(&to, p->to, NULL), 0);
	cpu_class_use(&from, p->baseline, p->bind_now, &used);
	rc = cpu_class_check(&used, &to, "n2", &e);
	if (rc != (p->missing ? -1 : 0) || (p->missing && !strstr(e.text, p->missing)))
		fail_msg("%s to %s: %s", p->from, p->to, rc ? e.text : "it may");
	if (rc < 0)
		assert_non_null(strstr(e.text, "n2"));
}

static void check_pairs(const struct pair *pairs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check_pair(&pairs[i]);
}

#define CHECK(pairs) check_pairs(pairs, sizeof(pairs) / sizeof((pairs)[0]))

static void an_unbound_job_needs_all_that_it_may_have_found(void **state)
{
	static const struct pair pairs[] = {
		{ NEHALEM, NEHALEM, CPU_NODE, false, NULL },
		{ SKYLAKE_X, SKYLAKE_X, CPU_NODE, false, NULL },
		{ EPYC, EPYC, CPU_NODE, false, NULL },
		{ NEHALEM, HASWELL, CPU_NODE, false, NULL },
		{ NEHALEM, SKYLAKE_X, CPU_NODE, false, NULL },
		{ HASWELL, NEHALEM, CPU_NODE, false, "lacks fma and " },
		{ SKYLAKE_X, HASWELL, CPU_NODE, false, "more features" },
		{ EPYC, SKYLAKE_X, CPU_NODE, false, "sha_ni" },
		{ SKYLAKE_X, EPYC, CPU_NODE, false, "lacks avx512f and 7 more features" },
		{ ARM, ARM_MORE, CPU_NODE, false, NULL },
		{ ARM_MORE, ARM, CPU_NODE, false,
		  "lacks hwcap22 and 1 more feature that" },
		{ ARM, HASWELL, CPU_NODE, false, "is x86_64, and" },
	};

	(void)state;
	CHECK(pairs);
}

static void hints_are_not_needed(void **state)
{
	static const struct pair pairs[] = {
		{ NEHALEM " erms fsrm fzrm fsrs fsrc hle ibt cldemote prefetchi "
			  "3dnowprefetch",
		  NEHALEM, CPU_NODE, false, NULL },
		{ NEHALEM " abm", NEHALEM, CPU_NODE, false, "lacks abm, which" },
		{ NEHALEM " rtm", NEHALEM, CPU_NODE, false, "lacks rtm, which" },
	};

	(void)state;
	CHECK(pairs);
}

static void a_job_bound_by_a_level_needs_that_level(void **state)
{
	static const struct pair pairs[] = {
		{ SKYLAKE_X, NEHALEM, CPU_V2, false, NULL },
		{ EPYC, NEHALEM, CPU_V2, false, NULL },
		{ HASWELL, NEHALEM, CPU_V2, false, NULL },
		{ NEHALEM, SKYLAKE_X, CPU_V2, false, NULL },
		{ NEHALEM, SKYLAKE_X, CPU_V3, false, NULL },
		{ HASWELL, "x86_64 " V1, CPU_V2, false, "lacks pni and" },
		{ SKYLAKE_X, NEHALEM, CPU_V3, false, "lacks fma and" },
		{ SKYLAKE_X, EPYC, CPU_V3, false, NULL },
		{ EPYC, SKYLAKE_X, CPU_V3, false, NULL },
		{ SKYLAKE_X, EPYC, CPU_V4, false, "lacks avx512f and 4 more" },
		{ EPYC, SKYLAKE_X, CPU_V4, false, NULL },
	};

	(void)state;
	CHECK(pairs);
}

/* XSAVE writes all that a CPU has, XSAVEC only what is in use. */
static void where_symbols_are_bound_late_there_must_be_room(void **state)
{
	static const struct pair pairs[] = {
		{ HASWELL, EPYC, CPU_V3, false, NULL },
		{ HASWELL, SKYLAKE_X, CPU_NODE, false, "larger registers" },
		{ HASWELL, SKYLAKE_X, CPU_V3, false, "larger registers" },
		{ HASWELL, SKYLAKE_X, CPU_V3, true, NULL },
		{ HASWELL, SKYLAKE_X, CPU_V2, false, NULL },
		{ WESTMERE_X, HASWELL, CPU_NODE, false, "larger registers" },
		{ WESTMERE_X, HASWELL, CPU_NODE, true, NULL },
		{ WESTMERE_X, HASWELL, CPU_V2, false, NULL },
		{ SKYLAKE_X, HASWELL, CPU_V3, false, "lacks xsavec, which" },
		{ SKYLAKE_X, HASWELL, CPU_V3, true, NULL },
	};

	(void)state;
	CHECK(pairs);
}

static void what_has_run_on_two_needs_both(void **state)
{
	struct cpu nehalem, haswell, epyc, used, more;
	struct error e;

	(void)state;
	assert_int_equal(cpu_parse(&nehalem, NEHALEM, NULL), 0);
	assert_int_equal(cpu_parse(&haswell, HASWELL, NULL), 0);
	assert_int_equal(cpu_parse(&epyc, EPYC, NULL), 0);
	cpu_class_use(&nehalem, CPU_NODE, false, &used);
	assert_int_equal(cpu_class_check(&used, &nehalem, "n1", &e), 0);
	cpu_class_use(&haswell, CPU_NODE, false, &more);
	cpu_class_merge(&used, &more);
	assert_int_equal(cpu_class_check(&used, &nehalem, "n1", &e), -1);
	assert_int_equal(cpu_class_check(&used, &haswell, "n2", &e), 0);
	assert_int_equal(cpu_class_check(&used, &epyc, "n3", &e), 0);
	assert_int_equal(used.xcr0, 7);
	assert_int_equal(used.xsave_size, 0x340);
	assert_true(used.room == 0x6);
}

static void what_this_version_does_not_know_is_not_taken_for_granted(void **state)
{
	struct cpu used, here;
	struct error e;

	(void)state;
	assert_int_equal(cpu_parse(&used, NEHALEM "avx4096", NULL), 0);
	assert_int_equal(cpu_parse(&here, NEHALEM "avx4096", NULL), 0);
	assert_int_equal(cpu_class_check(&used, &here, "n1", &e), -1);
	assert_non_null(strstr(e.text, "avx4096"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_unbound_job_needs_all_that_it_may_have_found),
		cmocka_unit_test(hints_are_not_needed),
		cmocka_unit_test(a_job_bound_by_a_level_needs_that_level),
		cmocka_unit_test(where_symbols_are_bound_late_there_must_be_room),
		cmocka_unit_test(what_has_run_on_two_needs_both),
		cmocka_unit_test(
			what_this_version_does_not_know_is_not_taken_for_granted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
