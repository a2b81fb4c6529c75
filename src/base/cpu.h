/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cpu.h - what programs can use of a CPU: its features by the names of /proc/cpuinfo,
 * and the state that the kernel saves of its registers.
 *
 * Linked into the plugin too, so it needs nothing but the C library.
 */
#ifndef BASE_CPU_H
#define BASE_CPU_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/*
 * What a job's libraries are to choose at most when programs start: what the node has,
 * or a level of the x86-64 psABI. In the order of CPU_BASELINES.
 */
enum cpu_baseline { CPU_NODE, CPU_V2, CPU_V3, CPU_V4 };
#define CPU_BASELINES "node|x86-64-v2|x86-64-v3|x86-64-v4"

#define CPU_FEATURE_WORDS 4
#define CPU_FEATURES_MAX  (64 * CPU_FEATURE_WORDS)
#define CPU_NAME_MAX	  23 /* bytes of a feature's name */

/* Bits of XCR0: which state of registers XSAVE saves (Intel SDM volume 1, 13.1). */
#define CPU_STATE_AVX	 0x4
#define CPU_STATE_AVX512 0xe0

struct cpu {
	char machine[16]; /* as uname(2) has it */
	uint64_t features[CPU_FEATURE_WORDS];
	uint64_t xcr0;	     /* x86: state that the kernel saves; 0: without XSAVE */
	uint64_t room;	     /* see plan/cpu_class.h; all bits set: as much as needed */
	unsigned xsave_size; /* x86: bytes of that state */
	/* The first feature of a text that this version does not know, or empty. */
	char unknown[CPU_NAME_MAX + 1];
};

/* This node's CPU: what programs see of it and the kernel lets them use. */
void cpu_read(struct cpu *cpu);

/* The number of a feature of x86-64 by its name; -1 if it is none that is known. */
int cpu_find_feature(const char *name);

/* Its name on such a machine as cpu's, in a buffer of at least CPU_NAME_MAX + 1 bytes. */
void cpu_feature_name(const struct cpu *cpu, unsigned int feature, char *name);

/*
 * The level of the psABI to which a feature of x86-64 belongs, from 1 to 4; 0: to none.
 */
unsigned int cpu_feature_level(unsigned int feature);

bool cpu_has(const struct cpu *cpu, unsigned int feature);

/* The highest level of the psABI that it has, from 1 to 4; 0: it is no x86-64. */
unsigned int cpu_level(const struct cpu *cpu);

/* For people: "x86-64-v3", or another machine's name. */
const char *cpu_class_name(const struct cpu *cpu);

/* The word for a baseline, as checkpoint.conf(5) has it. */
const char *cpu_baseline_name(enum cpu_baseline baseline);

/* -1 and what is wrong with it. */
int cpu_parse_baseline(const char *text, enum cpu_baseline *baseline, struct error *e);

/*
 * As text for a manifest: the machine, xcr0= and others in hexadecimal, and the names
 * of the features. Owned by the caller; NULL without memory.
 */
char *cpu_text(const struct cpu *cpu);

/* -1 if it is no such text. A feature that is not known is not an error. */
int cpu_parse(struct cpu *cpu, const char *text, struct error *e);

#endif
