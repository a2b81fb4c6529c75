// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/cpu.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "testing.h"

#define V1 "x86_64 fpu cx8 cmov mmx fxsr sse sse2"
#define V2 V1 " pni ssse3 cx16 sse4_1 sse4_2 popcnt lahf_lm"
#define V3 V2 " fma movbe osxsave avx f16c bmi1 avx2 bmi2 abm"
#define V4 V3 " avx512f avx512dq avx512cd avx512bw avx512vl"

static void levels_are_those_of_the_psabi(void **state)
{
	static const struct {
		const char *text;
		unsigned int level;
		const char *name;
	} cases[] = {
		{ V1, 1, "x86-64-v1" }, { V1 " avx2 avx512f", 1, "x86-64-v1" },
		{ V2, 2, "x86-64-v2" }, { V2 " avx fma4 xop f16c", 2, "x86-64-v2" },
		{ V3, 3, "x86-64-v3" }, { V3 " avx512f", 3, "x86-64-v3" },
		{ V4, 4, "x86-64-v4" }, { "aarch64 hwcap0 hwcap7", 0, "aarch64" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cpu cpu;

		assert_int_equal(cpu_parse(&cpu, cases[i].text, NULL), 0);
		assert_int_equal(cpu_level(&cpu), cases[i].level);
		assert_string_equal(cpu_class_name(&cpu), cases[i].name);
	}
}

static void what_is_written_is_read_again(void **state)
{
	static const char *const texts[] = {
		V1,
		"x86_64 xcr0=e7 xsave-size=a80 room=e6 fpu sse sse2",
		"aarch64 hwcap0 hwcap63 hwcap64 hwcap255",
		"x86_64 fpu newer_than_this",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		cleanup_free char *text = NULL;
		struct cpu cpu;

		assert_int_equal(cpu_parse(&cpu, texts[i], NULL), 0);
		text = cpu_text(&cpu);
		assert_string_equal(text, texts[i]);
	}
}

static void a_feature_of_a_later_version_is_remembered(void **state)
{
	struct cpu cpu;

	(void)state;
	assert_int_equal(cpu_parse(&cpu, "x86_64 fpu avx4096 sse", NULL), 0);
	assert_string_equal(cpu.unknown, "avx4096");
	assert_true(cpu_has(&cpu, (unsigned int)cpu_find_feature("sse")));
	assert_int_equal(
		cpu_parse(&cpu, "x86_64 a_name_much_longer_than_any_of_linux", NULL), 0);
	assert_int_equal(strlen(cpu.unknown), CPU_NAME_MAX);
}

static void what_is_no_such_text_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		" fpu",
		"a-machine-with-a-long-name fpu",
		"x86_64 xcr0=",
		"x86_64 xcr0=xyz",
		"x86_64 xcr0=11111111111111111",
		"x86_64 xsave-size=100000000",
		"x86_64 colour=7",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct cpu cpu;
		struct error e;

		assert_int_equal(cpu_parse(&cpu, texts[i], &e), -1);
	}
}

static void this_node_has_what_it_was_compiled_for(void **state)
{
	cleanup_free char *text = NULL;
	struct cpu cpu, again;

	(void)state;
	cpu_read(&cpu);
	assert_string_not_equal(cpu.machine, "");
	text = cpu_text(&cpu);
	assert_int_equal(cpu_parse(&again, text, NULL), 0);
	assert_memory_equal(&cpu, &again, sizeof(cpu));
#ifdef __x86_64__
	assert_true(cpu_level(&cpu) >= 1);
	assert_true(cpu_has(&cpu, (unsigned int)cpu_find_feature("sse2")));
#endif
}

#ifdef __x86_64__
/* The flags of /proc/cpuinfo, with a space at each end. */
static void read_flags(char *line, int size)
{
	FILE *f = fopen("/proc/cpuinfo", "r");

	assert_non_null(f);
	do
		assert_non_null(fgets(line, size, f));
	while (strncmp(line, "flags", 5));
	line[strcspn(line, "\n")] = ' ';
	fclose(f);
}

/* What Linux does not list, or lists where the kernel alone may use it. */
static bool is_listed(const char *name)
{
	return strcmp(name, "osxsave") != 0;
}

static void features_are_those_of_proc_cpuinfo(void **state)
{
	char line[8192], name[CPU_NAME_MAX + 1], word[CPU_NAME_MAX + 3];
	struct cpu cpu;

	(void)state;
	read_flags(line, sizeof(line));
	cpu_read(&cpu);
	for (unsigned int i = 0; i < CPU_FEATURES_MAX; i++) {
		if (!cpu_has(&cpu, i))
			continue;
		cpu_feature_name(&cpu, i, name);
		snprintf(word, sizeof(word), " %s ", name);
		if (is_listed(name) && !strstr(line, word))
			print_message("# /proc/cpuinfo does not have %s\n", name);
	}
	assert_true(cpu_has(&cpu, (unsigned int)cpu_find_feature("fpu")));
	assert_int_equal(strstr(line, " avx2 ") != NULL,
			 cpu_has(&cpu, (unsigned int)cpu_find_feature("avx2")));
	assert_int_equal(strstr(line, " sse4_2 ") != NULL,
			 cpu_has(&cpu, (unsigned int)cpu_find_feature("sse4_2")));
}
#endif

static void baselines_have_names(void **state)
{
	enum cpu_baseline baseline;
	struct error e;

	(void)state;
	assert_int_equal(cpu_parse_baseline("x86-64-v3", &baseline, NULL), 0);
	assert_int_equal(baseline, CPU_V3);
	assert_string_equal(cpu_baseline_name(baseline), "x86-64-v3");
	assert_int_equal(cpu_parse_baseline("node", &baseline, NULL), 0);
	assert_int_equal(baseline, CPU_NODE);
	assert_int_equal(cpu_parse_baseline("x86-64-v1", &baseline, &e), -1);
	assert_int_equal(cpu_parse_baseline("haswell", &baseline, &e), -1);
	assert_non_null(strstr(e.text, "x86-64-v4"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(levels_are_those_of_the_psabi),
		cmocka_unit_test(what_is_written_is_read_again),
		cmocka_unit_test(a_feature_of_a_later_version_is_remembered),
		cmocka_unit_test(what_is_no_such_text_is_refused),
		cmocka_unit_test(this_node_has_what_it_was_compiled_for),
#ifdef __x86_64__
		cmocka_unit_test(features_are_those_of_proc_cpuinfo),
#endif
		cmocka_unit_test(baselines_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
