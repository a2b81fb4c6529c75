// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "base/cpu.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/utsname.h>
#ifdef __x86_64__
#include <cpuid.h>
#endif

#include "base/cleanup.h"

/* ---- features of x86-64 ---- */

/* Where CPUID tells of a feature. */
enum leaf { LEAF_1, LEAF_7, LEAF_7_1, LEAF_D_1, LEAF_EXT_1, LEAF_EXT_8, LEAVES };
enum reg { EAX, EBX, ECX, EDX, REGS };

struct feature {
	const char *name; /* as arch/x86/include/asm/cpufeatures.h of Linux has it */
	uint8_t leaf, reg, bit;
	uint8_t level;	/* of the x86-64 psABI, section "Micro-Architecture Levels" */
	uint32_t state; /* bits of XCR0 that it needs */
};

#define AVX    (0x2 | CPU_STATE_AVX)
#define AVX512 (AVX | CPU_STATE_AVX512)
#define AMX    0x60000
#define APX    0x80000

/* Those that a program can use by itself; what only the kernel can is left out. */
static const struct feature features[] = {
	{ "fpu", LEAF_1, EDX, 0, 1, 0 },
	{ "cx8", LEAF_1, EDX, 8, 1, 0 },
	{ "cmov", LEAF_1, EDX, 15, 1, 0 },
	{ "clflush", LEAF_1, EDX, 19, 0, 0 },
	{ "mmx", LEAF_1, EDX, 23, 1, 0 },
	{ "fxsr", LEAF_1, EDX, 24, 1, 0 },
	{ "sse", LEAF_1, EDX, 25, 1, 0 },
	{ "sse2", LEAF_1, EDX, 26, 1, 0 },
	{ "pni", LEAF_1, ECX, 0, 2, 0 }, /* SSE3 */
	{ "pclmulqdq", LEAF_1, ECX, 1, 0, 0 },
	{ "ssse3", LEAF_1, ECX, 9, 2, 0 },
	{ "fma", LEAF_1, ECX, 12, 3, AVX },
	{ "cx16", LEAF_1, ECX, 13, 2, 0 },
	{ "sse4_1", LEAF_1, ECX, 19, 2, 0 },
	{ "sse4_2", LEAF_1, ECX, 20, 2, 0 },
	{ "movbe", LEAF_1, ECX, 22, 3, 0 },
	{ "popcnt", LEAF_1, ECX, 23, 2, 0 },
	{ "aes", LEAF_1, ECX, 25, 0, 0 },
	{ "osxsave", LEAF_1, ECX, 27, 3, 0 },
	{ "avx", LEAF_1, ECX, 28, 3, AVX },
	{ "f16c", LEAF_1, ECX, 29, 3, AVX },
	{ "rdrand", LEAF_1, ECX, 30, 0, 0 },
	{ "fsgsbase", LEAF_7, EBX, 0, 0, 0 },
	{ "bmi1", LEAF_7, EBX, 3, 3, 0 },
	{ "hle", LEAF_7, EBX, 4, 0, 0 },
	{ "avx2", LEAF_7, EBX, 5, 3, AVX },
	{ "bmi2", LEAF_7, EBX, 8, 3, 0 },
	{ "erms", LEAF_7, EBX, 9, 0, 0 },
	{ "rtm", LEAF_7, EBX, 11, 0, 0 },
	{ "avx512f", LEAF_7, EBX, 16, 4, AVX512 },
	{ "avx512dq", LEAF_7, EBX, 17, 4, AVX512 },
	{ "rdseed", LEAF_7, EBX, 18, 0, 0 },
	{ "adx", LEAF_7, EBX, 19, 0, 0 },
	{ "avx512ifma", LEAF_7, EBX, 21, 0, AVX512 },
	{ "clflushopt", LEAF_7, EBX, 23, 0, 0 },
	{ "clwb", LEAF_7, EBX, 24, 0, 0 },
	{ "avx512pf", LEAF_7, EBX, 26, 0, AVX512 },
	{ "avx512er", LEAF_7, EBX, 27, 0, AVX512 },
	{ "avx512cd", LEAF_7, EBX, 28, 4, AVX512 },
	{ "sha_ni", LEAF_7, EBX, 29, 0, 0 },
	{ "avx512bw", LEAF_7, EBX, 30, 4, AVX512 },
	{ "avx512vl", LEAF_7, EBX, 31, 4, AVX512 },
	{ "avx512vbmi", LEAF_7, ECX, 1, 0, AVX512 },
	{ "ospke", LEAF_7, ECX, 4, 0, 0 },
	{ "waitpkg", LEAF_7, ECX, 5, 0, 0 },
	{ "avx512_vbmi2", LEAF_7, ECX, 6, 0, AVX512 },
	{ "gfni", LEAF_7, ECX, 8, 0, 0 },
	{ "vaes", LEAF_7, ECX, 9, 0, AVX },
	{ "vpclmulqdq", LEAF_7, ECX, 10, 0, AVX },
	{ "avx512_vnni", LEAF_7, ECX, 11, 0, AVX512 },
	{ "avx512_bitalg", LEAF_7, ECX, 12, 0, AVX512 },
	{ "avx512_vpopcntdq", LEAF_7, ECX, 14, 0, AVX512 },
	{ "rdpid", LEAF_7, ECX, 22, 0, 0 },
	{ "cldemote", LEAF_7, ECX, 25, 0, 0 },
	{ "movdiri", LEAF_7, ECX, 27, 0, 0 },
	{ "movdir64b", LEAF_7, ECX, 28, 0, 0 },
	{ "avx512_4vnniw", LEAF_7, EDX, 2, 0, AVX512 },
	{ "avx512_4fmaps", LEAF_7, EDX, 3, 0, AVX512 },
	{ "fsrm", LEAF_7, EDX, 4, 0, 0 },
	{ "avx512_vp2intersect", LEAF_7, EDX, 8, 0, AVX512 },
	{ "serialize", LEAF_7, EDX, 14, 0, 0 },
	{ "tsxldtrk", LEAF_7, EDX, 16, 0, 0 },
	{ "ibt", LEAF_7, EDX, 20, 0, 0 },
	{ "amx_bf16", LEAF_7, EDX, 22, 0, AMX },
	{ "avx512_fp16", LEAF_7, EDX, 23, 0, AVX512 },
	{ "amx_tile", LEAF_7, EDX, 24, 0, AMX },
	{ "amx_int8", LEAF_7, EDX, 25, 0, AMX },
	{ "sha512", LEAF_7_1, EAX, 0, 0, AVX },
	{ "sm3", LEAF_7_1, EAX, 1, 0, AVX },
	{ "sm4", LEAF_7_1, EAX, 2, 0, AVX },
	{ "avx_vnni", LEAF_7_1, EAX, 4, 0, AVX },
	{ "avx512_bf16", LEAF_7_1, EAX, 5, 0, AVX512 },
	{ "cmpccxadd", LEAF_7_1, EAX, 7, 0, 0 },
	{ "fzrm", LEAF_7_1, EAX, 10, 0, 0 },
	{ "fsrs", LEAF_7_1, EAX, 11, 0, 0 },
	{ "fsrc", LEAF_7_1, EAX, 12, 0, 0 },
	{ "amx_fp16", LEAF_7_1, EAX, 21, 0, AMX },
	{ "avx_ifma", LEAF_7_1, EAX, 23, 0, AVX },
	{ "avx_vnni_int8", LEAF_7_1, EDX, 4, 0, AVX },
	{ "avx_ne_convert", LEAF_7_1, EDX, 5, 0, AVX },
	{ "amx_complex", LEAF_7_1, EDX, 8, 0, AMX },
	{ "avx_vnni_int16", LEAF_7_1, EDX, 10, 0, AVX },
	{ "prefetchi", LEAF_7_1, EDX, 14, 0, 0 },
	{ "avx10", LEAF_7_1, EDX, 19, 0, AVX512 },
	{ "apx", LEAF_7_1, EDX, 21, 0, APX },
	{ "xsaveopt", LEAF_D_1, EAX, 0, 0, 0 },
	{ "xsavec", LEAF_D_1, EAX, 1, 0, 0 },
	{ "xgetbv1", LEAF_D_1, EAX, 2, 0, 0 },
	{ "lahf_lm", LEAF_EXT_1, ECX, 0, 2, 0 },
	{ "abm", LEAF_EXT_1, ECX, 5, 3, 0 }, /* LZCNT */
	{ "sse4a", LEAF_EXT_1, ECX, 6, 0, 0 },
	{ "misalignsse", LEAF_EXT_1, ECX, 7, 0, 0 },
	{ "3dnowprefetch", LEAF_EXT_1, ECX, 8, 0, 0 },
	{ "xop", LEAF_EXT_1, ECX, 11, 0, AVX },
	{ "lwp", LEAF_EXT_1, ECX, 15, 0, 0 },
	{ "fma4", LEAF_EXT_1, ECX, 16, 0, AVX },
	{ "tbm", LEAF_EXT_1, ECX, 21, 0, 0 },
	{ "mwaitx", LEAF_EXT_1, ECX, 29, 0, 0 },
	{ "mmxext", LEAF_EXT_1, EDX, 22, 0, 0 },
	{ "rdtscp", LEAF_EXT_1, EDX, 27, 0, 0 },
	{ "3dnowext", LEAF_EXT_1, EDX, 30, 0, 0 },
	{ "3dnow", LEAF_EXT_1, EDX, 31, 0, 0 },
	{ "clzero", LEAF_EXT_8, EBX, 0, 0, 0 },
	{ "rdpru", LEAF_EXT_8, EBX, 4, 0, 0 },
};

#define FEATURES (sizeof(features) / sizeof(features[0]))

_Static_assert(FEATURES <= CPU_FEATURES_MAX, "each feature has a bit of struct cpu");

static bool is_x86(const struct cpu *cpu)
{
	return strcmp(cpu->machine, "x86_64") == 0;
}

static void add(struct cpu *cpu, unsigned int feature)
{
	cpu->features[feature / 64] |= (uint64_t)1 << feature % 64;
}

bool cpu_has(const struct cpu *cpu, unsigned int feature)
{
	return cpu->features[feature / 64] >> feature % 64 & 1;
}

int cpu_find_feature(const char *name)
{
	for (unsigned int i = 0; i < FEATURES; i++) {
		if (strcmp(features[i].name, name) == 0)
			return (int)i;
	}
	return -1;
}

/* Other machines tell programs of their features in two words of the auxiliary vector. */
void cpu_feature_name(const struct cpu *cpu, unsigned int feature, char *name)
{
	if (!is_x86(cpu))
		snprintf(name, CPU_NAME_MAX + 1, "hwcap%u", feature);
	else
		snprintf(name, CPU_NAME_MAX + 1, "%s",
			 feature < FEATURES ? features[feature].name : "?");
}

unsigned int cpu_feature_level(unsigned int feature)
{
	return feature < FEATURES ? features[feature].level : 0;
}

/* ---- this node's ---- */

#ifdef __x86_64__
/* The kernel lets programs use RDFSBASE and its like: HWCAP2_FSGSBASE of Linux. */
#define HWCAP2_FSGSBASE 0x2

static void read_leaves(uint32_t value[LEAVES][REGS])
{
	static const struct {
		uint32_t leaf, subleaf;
	} leaves[LEAVES] = {
		[LEAF_1] = { 1, 0 },
		[LEAF_7] = { 7, 0 },
		[LEAF_7_1] = { 7, 1 },
		[LEAF_D_1] = { 0xd, 1 },
		[LEAF_EXT_1] = { 0x80000001, 0 },
		[LEAF_EXT_8] = { 0x80000008, 0 },
	};

	memset(value, 0, LEAVES * sizeof(value[0]));
	for (int i = 0; i < LEAVES; i++) {
		uint32_t *r = value[i];

		(void)__get_cpuid_count(leaves[i].leaf, leaves[i].subleaf, &r[EAX],
					&r[EBX], &r[ECX], &r[EDX]);
	}
}

static uint64_t read_xcr0(void)
{
	uint32_t low, high;

	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return (uint64_t)high << 32 | low;
}

/* Is the feature that CPUID tells of one that the kernel has made ready? */
static bool is_usable(const struct feature *f, const struct cpu *cpu)
{
	if (strcmp(f->name, "fsgsbase") == 0)
		return getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE;
	if (f->leaf == LEAF_D_1)
		return cpu->xcr0 != 0;
	return (cpu->xcr0 & f->state) == f->state;
}

static void read_features(struct cpu *cpu)
{
	uint32_t value[LEAVES][REGS], size[REGS];
	const int osxsave = cpu_find_feature("osxsave");

	read_leaves(value);
	if (value[LEAF_1][ECX] >> features[osxsave].bit & 1) {
		cpu->xcr0 = read_xcr0();
		__cpuid_count(0xd, 0, size[EAX], size[EBX], size[ECX], size[EDX]);
		cpu->xsave_size = size[EBX];
	}
	for (unsigned int i = 0; i < FEATURES; i++) {
		const struct feature *f = &features[i];

		if (value[f->leaf][f->reg] >> f->bit & 1 && is_usable(f, cpu))
			add(cpu, i);
	}
}
#else
static void read_features(struct cpu *cpu)
{
	cpu->features[0] = getauxval(AT_HWCAP);
	cpu->features[1] = getauxval(AT_HWCAP2);
}
#endif

void cpu_read(struct cpu *cpu)
{
	struct utsname names;

	*cpu = (struct cpu){ .room = UINT64_MAX };
	if (uname(&names) == 0)
		snprintf(cpu->machine, sizeof(cpu->machine), "%.15s", names.machine);
#ifdef __x86_64__
	/* Programs of 64 bits run, whatever personality(2) has uname() say. */
	snprintf(cpu->machine, sizeof(cpu->machine), "x86_64");
#endif
	read_features(cpu);
}

/* ---- levels ---- */

static bool has_level(const struct cpu *cpu, unsigned int level)
{
	for (unsigned int i = 0; i < FEATURES; i++) {
		if (features[i].level == level && !cpu_has(cpu, i))
			return false;
	}
	return true;
}

unsigned int cpu_level(const struct cpu *cpu)
{
	unsigned int level = 0;

	while (is_x86(cpu) && level < 4 && has_level(cpu, level + 1))
		level++;
	return level;
}

const char *cpu_class_name(const struct cpu *cpu)
{
	static const char *const names[] = { "x86-64-v1", "x86-64-v1", "x86-64-v2",
					     "x86-64-v3", "x86-64-v4" };

	return is_x86(cpu) ? names[cpu_level(cpu)] : cpu->machine;
}

static const char *const baselines[] = { [CPU_NODE] = "node",
					 [CPU_V2] = "x86-64-v2",
					 [CPU_V3] = "x86-64-v3",
					 [CPU_V4] = "x86-64-v4" };

const char *cpu_baseline_name(enum cpu_baseline baseline)
{
	return baselines[baseline];
}

int cpu_parse_baseline(const char *text, enum cpu_baseline *baseline, struct error *e)
{
	for (size_t i = 0; i < sizeof(baselines) / sizeof(baselines[0]); i++) {
		if (strcmp(text, baselines[i]) == 0) {
			*baseline = (enum cpu_baseline)i;
			return 0;
		}
	}
	return error_set(e, "none of node, x86-64-v2, x86-64-v3 and x86-64-v4");
}

/* ---- as text ---- */

static void write_text(FILE *out, const struct cpu *cpu)
{
	char name[CPU_NAME_MAX + 1];

	fputs(cpu->machine, out);
	if (cpu->xcr0)
		fprintf(out, " xcr0=%llx", (unsigned long long)cpu->xcr0);
	if (cpu->xsave_size)
		fprintf(out, " xsave-size=%x", cpu->xsave_size);
	if (cpu->room != UINT64_MAX)
		fprintf(out, " room=%llx", (unsigned long long)cpu->room);
	for (unsigned int i = 0; i < CPU_FEATURES_MAX; i++) {
		if (!cpu_has(cpu, i))
			continue;
		cpu_feature_name(cpu, i, name);
		fprintf(out, " %s", name);
	}
	if (cpu->unknown[0])
		fprintf(out, " %s", cpu->unknown);
}

char *cpu_text(const struct cpu *cpu)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	write_text(out, cpu);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

/* "KEY=HEX"; -1 if the word is not of that form or the number is too large. */
static int parse_number(const char *word, const char *key, uint64_t max, uint64_t *value)
{
	size_t length = strlen(key);
	unsigned long long number;
	char *end;

	if (strncmp(word, key, length) != 0 || word[length] != '=' || !word[length + 1])
		return -1;
	errno = 0;
	number = strtoull(word + length + 1, &end, 16);
	if (errno || *end || number > max)
		return -1;
	*value = number;
	return 0;
}

static int find_feature_of(const struct cpu *cpu, const char *word)
{
	unsigned int number;
	char end;

	if (is_x86(cpu))
		return cpu_find_feature(word);
	if (sscanf(word, "hwcap%3u%c", &number, &end) != 1 || number >= CPU_FEATURES_MAX)
		return -1;
	return (int)number;
}

static void parse_feature(struct cpu *cpu, const char *word)
{
	int feature = find_feature_of(cpu, word);

	if (feature >= 0)
		add(cpu, (unsigned int)feature);
	else if (!cpu->unknown[0])
		snprintf(cpu->unknown, sizeof(cpu->unknown), "%s", word);
}

static int parse_word(struct cpu *cpu, const char *word, struct error *e)
{
	uint64_t size;

	if (!strchr(word, '=')) {
		parse_feature(cpu, word);
		return 0;
	}
	if (parse_number(word, "xcr0", UINT64_MAX, &cpu->xcr0) == 0 ||
	    parse_number(word, "room", UINT64_MAX, &cpu->room) == 0)
		return 0;
	if (parse_number(word, "xsave-size", UINT32_MAX, &size) < 0)
		return error_set(e, "%s is not what is known of a CPU", word);
	cpu->xsave_size = (unsigned int)size;
	return 0;
}

int cpu_parse(struct cpu *cpu, const char *text, struct error *e)
{
	cleanup_free char *copy = strdup(text);
	char *rest = copy, *word;

	*cpu = (struct cpu){ .room = UINT64_MAX };
	if (!copy)
		return error_sys(e, "CPU");
	word = strsep(&rest, " ");
	if (!*word || strlen(word) >= sizeof(cpu->machine))
		return error_set(e, "%s is no machine's name", word);
	memcpy(cpu->machine, word, strlen(word) + 1);
	while (rest && (word = strsep(&rest, " "))) {
		if (*word && parse_word(cpu, word, e) < 0)
			return -1;
	}
	return 0;
}
