// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/baseline.h"

#include <string.h>

#include "base/environment.h"
#include "base/str.h"
#include "testing.h"

#define V1 "x86_64 fpu cx8 cmov mmx fxsr sse sse2"
#define V2 V1 " pni ssse3 cx16 sse4_1 sse4_2 popcnt lahf_lm"
#define V3 V2 " fma movbe osxsave avx f16c bmi1 avx2 bmi2 abm xsavec"
#define V4 V3 " avx512f avx512dq avx512cd avx512bw avx512vl"

static char *user[] = { "A=1", "OPENBLAS_CORETYPE=Zen",
			"GLIBC_TUNABLES=glibc.malloc.check=3:glibc.cpu.hwcaps=-ERMS:"
			"glibc.rtld.nns=8",
			"Z=2", NULL };
static char *plain[] = { "A=1", NULL };

static char **bound(char *const *from, const char *cpu, enum cpu_baseline baseline,
		    bool bind_now)
{
	struct cpu node;

	assert_int_equal(cpu_parse(&node, cpu, NULL), 0);
	return baseline_environment(from, &node, baseline, bind_now);
}

static const char *value(char *const *environment, const char *name)
{
	const char *found = str_find_variable(environment, name);

	return found ? found : "(none)";
}

static void a_job_that_is_not_bound_keeps_its_environment(void **state)
{
	static const struct {
		const char *cpu;
		enum cpu_baseline baseline;
	} cases[] = { { V4, CPU_NODE }, { "aarch64 hwcap0", CPU_V3 } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char **env = bound(user, cases[i].cpu, cases[i].baseline, false);

		for (int v = 0; user[v]; v++)
			assert_string_equal(env[v], user[v]);
		assert_null(env[4]);
		environment_free(env);
	}
}

static void what_the_user_says_stays(void **state)
{
	char **env = bound(user, V4, CPU_V3, false);

	(void)state;
	assert_string_equal(value(env, "A"), "1");
	assert_string_equal(value(env, "Z"), "2");
	assert_string_equal(value(env, "OPENBLAS_CORETYPE"), "Zen");
	assert_string_equal(value(env, "MKL_ENABLE_INSTRUCTIONS"), "AVX2");
	assert_string_equal(
		value(env, "GLIBC_TUNABLES"),
		"glibc.malloc.check=3:glibc.rtld.nns=8:glibc.cpu.hwcaps=-AVX512F,"
		"-AVX512CD,-AVX512BW,-AVX512DQ,-AVX512VL,-FMA4,-RTM,-AVX512ER,-AVX512PF,"
		"-ERMS");
	environment_free(env);
}

static void libraries_are_told_of_no_more_than_there_is(void **state)
{
	static const struct {
		const char *cpu;
		enum cpu_baseline baseline;
		const char *openblas, *onednn, *openssl;
	} cases[] = {
		{ V4, CPU_V2, "Nehalem", "SSE41",
		  "~0x5240180200000000:~0xffffffffffffffff" },
		{ V4, CPU_V3, "Haswell", "AVX2",
		  "~0x4200080200000000:~0xfffffffffffffed7" },
		{ V4, CPU_V4, "SkylakeX", "AVX512_CORE",
		  "~0x4200080200000000:~0xffffffff2ffcfed7" },
		{ V3, CPU_V4, "Haswell", "AVX2",
		  "~0x4200080200000000:~0xfffffffffffffed7" },
		{ V2, CPU_V4, "Nehalem", "SSE41",
		  "~0x5240180200000000:~0xffffffffffffffff" },
		{ V1, CPU_V2, "(none)", "(none)", "(none)" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char **env = bound(plain, cases[i].cpu, cases[i].baseline, false);

		assert_string_equal(value(env, "OPENBLAS_CORETYPE"), cases[i].openblas);
		assert_string_equal(value(env, "ONEDNN_MAX_CPU_ISA"), cases[i].onednn);
		assert_string_equal(value(env, "OPENSSL_ia32cap"), cases[i].openssl);
		assert_non_null(strstr(value(env, "GLIBC_TUNABLES"), "-RTM"));
		environment_free(env);
	}
}

static void symbols_that_are_bound_at_once_need_no_xsavec(void **state)
{
	char **env = bound(plain, V4, CPU_V3, false);

	(void)state;
	assert_null(strstr(value(env, "GLIBC_TUNABLES"), "XSAVEC"));
	environment_free(env);
	env = bound(plain, V4, CPU_V3, true);
	assert_non_null(strstr(value(env, "GLIBC_TUNABLES"), "-XSAVEC"));
	environment_free(env);
	env = bound(plain, V4, CPU_V2, false);
	assert_non_null(strstr(value(env, "GLIBC_TUNABLES"), "-XSAVE,-XSAVEC"));
	environment_free(env);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_job_that_is_not_bound_keeps_its_environment),
		cmocka_unit_test(what_the_user_says_stays),
		cmocka_unit_test(libraries_are_told_of_no_more_than_there_is),
		cmocka_unit_test(symbols_that_are_bound_at_once_need_no_xsavec),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
