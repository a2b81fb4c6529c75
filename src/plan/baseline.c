// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/baseline.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/environment.h"
#include "base/str.h"

#define TUNABLES "GLIBC_TUNABLES"
#define HWCAPS	 "glibc.cpu.hwcaps="

/*
 * What the C library is to leave alone, by the names of its sysdeps/x86/cpu-tunables.c;
 * those that a release does not know it passes over. It chooses nothing by the features
 * that are missing here, and goes by these alone when it looks for libraries in
 * glibc-hwcaps/x86-64-v3. AVX_Fast_Unaligned_Load, by which it chooses memcpy(), follows
 * from AVX2, but is not taken back with it. Without XSAVE and XSAVEC it saves registers by
 * FXSAVE when it binds symbols, which is enough where there is no AVX.
 */
static const char *const no_more_than[] = {
	[CPU_V2] = "-AVX,-AVX2,-AVX_Fast_Unaligned_Load,-FMA,-BMI1,-BMI2,-LZCNT,-MOVBE,"
		   "-XSAVE,-XSAVEC,-AVX512F,-AVX512CD,-AVX512BW,-AVX512DQ,-AVX512VL",
	[CPU_V3] = "-AVX512F,-AVX512CD,-AVX512BW,-AVX512DQ,-AVX512VL",
	[CPU_V4] = "",
};
#define NO_LEVEL "-FMA4,-RTM,-AVX512ER,-AVX512PF"

/*
 * Other libraries, by the highest level that is both in the baseline and on the node: a
 * name of more than the node has would have them use that.
 *
 * OPENSSL_ia32cap(3): words of CPUID to clear bits of. AES, PCLMULQDQ and RDRAND belong
 * to no level; of leaf 7 BMI1, AVX2 and BMI2 do to x86-64-v3, five of AVX512 to v4.
 *
 * numpy takes names of features that it is not to use; those that a release does not
 * know cost an ImportWarning, which Python does not show unless it is asked to.
 */
#define NUMPY_V4 "AVX512_KNL AVX512_KNM AVX512_CLX AVX512_CNL AVX512_ICL AVX512_SPR"
#define NUMPY_V3 "AVX512F AVX512CD AVX512_SKX X86_V4 " NUMPY_V4
#define NUMPY_V2 "AVX F16C XOP FMA4 FMA3 AVX2 X86_V3 " NUMPY_V3

static const struct {
	const char *name;
	const char *value[CPU_V4 + 1];
} variables[] = {
	{ "OPENBLAS_CORETYPE",
	  { [CPU_V2] = "Nehalem", [CPU_V3] = "Haswell", [CPU_V4] = "SkylakeX" } },
	{ "MKL_ENABLE_INSTRUCTIONS",
	  { [CPU_V2] = "SSE4_2", [CPU_V3] = "AVX2", [CPU_V4] = "AVX512" } },
	{ "ONEDNN_MAX_CPU_ISA",
	  { [CPU_V2] = "SSE41", [CPU_V3] = "AVX2", [CPU_V4] = "AVX512_CORE" } },
	{ "NPY_DISABLE_CPU_FEATURES",
	  { [CPU_V2] = NUMPY_V2, [CPU_V3] = NUMPY_V3, [CPU_V4] = NUMPY_V4 } },
	{ "OPENSSL_ia32cap",
	  { [CPU_V2] = "~0x5240180200000000:~0xffffffffffffffff",
	    [CPU_V3] = "~0x4200080200000000:~0xfffffffffffffed7",
	    [CPU_V4] = "~0x4200080200000000:~0xffffffff2ffcfed7" } },
};

#define VARIABLES (sizeof(variables) / sizeof(variables[0]))

/* The value of our tunable, with what the user has there behind it, where it wins. */
static char *hwcaps(enum cpu_baseline baseline, bool bind_now, const char *own,
		    size_t length)
{
	const char *level = no_more_than[baseline];

	return str_printf(HWCAPS "%s%s" NO_LEVEL "%s%s%.*s", level, *level ? "," : "",
			  bind_now ? ",-XSAVEC" : "", length ? "," : "", (int)length,
			  own);
}

/* The user's tunables but for ours, each with a colon behind it; owned by the caller. */
static char *other_tunables(const char *own)
{
	char *others = strdup("");

	while (others && *own) {
		size_t length = strcspn(own, ":");
		char *more = NULL;

		if (length > 0 && strncmp(own, HWCAPS, strlen(HWCAPS)) != 0)
			more = str_printf("%s%.*s:", others, (int)length, own);
		if (length > 0 && more) {
			free(others);
			others = more;
		}
		own += length + (own[length] == ':');
	}
	return others;
}

static char *tunables(enum cpu_baseline baseline, bool bind_now, const char *own)
{
	cleanup_free char *others = other_tunables(own);
	const char *at = strstr(own, HWCAPS);
	cleanup_free char *ours = NULL;

	at = at ? at + strlen(HWCAPS) : "";
	ours = hwcaps(baseline, bind_now, at, strcspn(at, ":"));
	return others && ours ? str_printf(TUNABLES "=%s%s", others, ours) : NULL;
}

/* ---- the environment ---- */

static enum cpu_baseline lower(enum cpu_baseline baseline, unsigned int level)
{
	enum cpu_baseline node = level > 1 ? (enum cpu_baseline)(level - 1) : CPU_NODE;

	return node < baseline ? node : baseline;
}

/* What is added: the C library's tunables, and then those of other libraries. */
struct settings {
	char *list[1 + VARIABLES + 1]; /* owned */
	size_t count;
};

static void settings_free(struct settings *settings)
{
	for (size_t i = 0; i < settings->count; i++)
		free(settings->list[i]);
}

static int settings_add(struct settings *settings, char *owned)
{
	settings->list[settings->count] = owned;
	return settings->list[settings->count++] ? 0 : -1;
}

static int settings_fill(struct settings *settings, const char *tuned,
			 const struct cpu *node, enum cpu_baseline baseline,
			 bool bind_now)
{
	enum cpu_baseline level = lower(baseline, cpu_level(node));

	if (settings_add(settings, tunables(baseline, bind_now, tuned)) < 0)
		return -1;
	for (size_t i = 0; i < VARIABLES; i++) {
		const char *value = variables[i].value[level];

		if (value && settings_add(settings, str_printf("%s=%s", variables[i].name,
							       value)) < 0)
			return -1;
	}
	return 0;
}

/* The user's tunables stay in it, with ours in the same variable. */
static void retune(char **environment, char **setting)
{
	for (; *environment; environment++) {
		if (strncmp(*environment, TUNABLES "=", strlen(TUNABLES "=")) == 0) {
			free(*environment);
			*environment = *setting;
			*setting = NULL;
			return;
		}
	}
}

static char **bind(char *const *own, const struct cpu *node, enum cpu_baseline baseline,
		   bool bind_now)
{
	const char *tuned = str_find_variable(own, TUNABLES);
	struct settings settings = { .count = 0 };
	char **bound = NULL;

	if (settings_fill(&settings, tuned ? tuned : "", node, baseline, bind_now) == 0)
		bound = environment_with(own, (const char *const *)settings.list,
					 settings.count);
	if (bound && tuned)
		retune(bound, &settings.list[0]);
	settings_free(&settings);
	return bound;
}

char **baseline_environment(char *const *environment, const struct cpu *node,
			    enum cpu_baseline baseline, bool bind_now)
{
	if (baseline == CPU_NODE || cpu_level(node) == 0)
		return environment_with(environment, NULL, 0);
	return bind(environment, node, baseline, bind_now);
}
