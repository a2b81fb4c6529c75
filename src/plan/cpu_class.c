// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/cpu_class.h"

#include <string.h>

/*
 * A job goes on without these, though it may have found them: each is a hint, or says
 * how fast an instruction is that all CPUs have.
 */
static const char *const harmless[] = {
	"erms",		 "fsrm", "fzrm",
	"fsrs",		 "fsrc", /* REP MOVSB and its like are fast */
	"hle",			 /* prefixes that other CPUs ignore */
	"ibt",			 /* ENDBR64, which is no operation elsewhere */
	"cldemote",		 /* a hint; no operation elsewhere */
	"prefetchi",		 /* the same */
	"3dnowprefetch",	 /* PREFETCHW, which all CPUs of 64 bits take */
};

/*
 * When a function is called for the first time, the C library binds its symbol, and
 * saves the registers of these states meanwhile (STATE_SAVE_MASK of glibc). By XSAVEC
 * where the CPU has it. By XSAVE otherwise, into as much room as the CPU on which the
 * program started needs; and XSAVE writes all that the CPU has on which it runs now.
 */
#define BOUND_STATES (0x2 | CPU_STATE_AVX | 0x8 | CPU_STATE_AVX512 | 0x80000)

static bool is_harmless(unsigned int feature)
{
	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++) {
		if (cpu_find_feature(harmless[i]) == (int)feature)
			return true;
	}
	return false;
}

static bool has_feature(const struct cpu *cpu, const char *name)
{
	int feature = cpu_find_feature(name);

	return feature >= 0 && cpu_has(cpu, (unsigned int)feature);
}

static bool is_x86(const struct cpu *cpu)
{
	return strcmp(cpu->machine, "x86_64") == 0;
}

static void drop(struct cpu *cpu, unsigned int feature)
{
	cpu->features[feature / 64] &= ~((uint64_t)1 << feature % 64);
}

/* Keep what belongs to a level, and what binds symbols where that is not in the level. */
static void keep_level(struct cpu *used, unsigned int level, bool binds)
{
	int xsavec = cpu_find_feature("xsavec");

	for (unsigned int i = 0; i < CPU_FEATURES_MAX; i++) {
		unsigned int of = cpu_feature_level(i);

		if ((of == 0 || of > level) && !(binds && (int)i == xsavec))
			drop(used, i);
	}
}

void cpu_class_use(const struct cpu *node, enum cpu_baseline baseline, bool bind_now,
		   struct cpu *used)
{
	/* At x86-64-v2 the C library is told not to use XSAVE (runner/baseline.c). */
	bool binds = !bind_now && baseline != CPU_V2;

	*used = *node;
	if (!is_x86(node))
		return;
	if (binds && has_feature(node, "osxsave") && !has_feature(node, "xsavec"))
		used->room = node->xcr0 & BOUND_STATES;
	if (baseline != CPU_NODE)
		keep_level(used, (unsigned int)baseline + 1, binds);
}

void cpu_class_merge(struct cpu *used, const struct cpu *more)
{
	for (int i = 0; i < CPU_FEATURE_WORDS; i++)
		used->features[i] |= more->features[i];
	used->xcr0 |= more->xcr0;
	used->room &= more->room;
	if (more->xsave_size > used->xsave_size)
		used->xsave_size = more->xsave_size;
	if (!used->unknown[0])
		memcpy(used->unknown, more->unknown, sizeof(used->unknown));
}

static bool is_missing(const struct cpu *used, const struct cpu *here, unsigned int f)
{
	return cpu_has(used, f) && !cpu_has(here, f) && !(is_x86(used) && is_harmless(f));
}

/* How many are missing, and the name of one: of a level of the psABI if there is one. */
static unsigned int count_missing(const struct cpu *used, const struct cpu *here,
				  char *name)
{
	unsigned int missing = 0, level = 0;

	for (unsigned int i = 0; i < CPU_FEATURES_MAX; i++) {
		if (!is_missing(used, here, i))
			continue;
		if (missing++ == 0 || (level == 0 && cpu_feature_level(i) > 0)) {
			level = cpu_feature_level(i);
			cpu_feature_name(used, i, name);
		}
	}
	return missing;
}

static int lacks(const char *node, const char *feature, unsigned int more,
		 struct error *e)
{
	if (more == 0)
		return error_set(e, "the CPU of %s lacks %s, which the job may use", node,
				 feature);
	return error_set(e,
			 "the CPU of %s lacks %s and %u more feature%s that the job may "
			 "use",
			 node, feature, more, more == 1 ? "" : "s");
}

int cpu_class_check(const struct cpu *used, const struct cpu *here, const char *node,
		    struct error *e)
{
	char name[CPU_NAME_MAX + 1];
	unsigned int missing;

	if (strcmp(used->machine, here->machine) != 0)
		return error_set(e, "the CPU of %s is %s, and the job's programs are %s",
				 node, here->machine, used->machine);
	missing = count_missing(used, here, name);
	if (missing > 0)
		return lacks(node, name, missing - 1, e);
	if (used->unknown[0])
		return error_set(e,
				 "the job may use %s, and this version of "
				 "slurm-checkpoint cannot tell whether the CPU of %s has "
				 "that feature",
				 used->unknown, node);
	if (here->xcr0 & BOUND_STATES & ~used->room)
		return error_set(e,
				 "the CPU of %s has larger registers than those for "
				 "which the job's C library left room when it started",
				 node);
	return 0;
}
