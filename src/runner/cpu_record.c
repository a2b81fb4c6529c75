// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/cpu_record.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/libc.h"
#include "plan/cpu_class.h"
#include "store/node_kind.h"

static int put_cpu(struct manifest *m, const char *name, const struct cpu *cpu)
{
	cleanup_free char *text = cpu_text(cpu);

	return text ? manifest_set(m, name, "%s", text) : -1;
}

/* 1; 0 if the attribute is not there; -1 if it cannot be read. */
static int get_cpu(const struct manifest *m, const char *name, struct cpu *cpu,
		   struct error *e)
{
	const char *text = manifest_get(m, name);

	if (!text || !*text)
		return 0;
	return cpu_parse(cpu, text, e) < 0 ? -1 : 1;
}

void cpu_record_start(struct folder *folder, enum cpu_baseline baseline, bool bind_now,
		      bool maps_files)
{
	cleanup_free char *libc = maps_files ? libc_build_id() : NULL;
	struct manifest *m = &folder->record;
	struct cpu node, used;

	cpu_read(&node);
	cpu_class_use(&node, baseline, bind_now, &used);
	(void)put_cpu(m, ATTR_CPU, &used);
	(void)manifest_set(m, ATTR_CPU_BASELINE, "%s", cpu_baseline_name(baseline));
	(void)manifest_set(m, ATTR_CPU_BIND_NOW, "%s", bind_now ? "yes" : "no");
	(void)manifest_set(m, RECORD_LIBC, "%s", libc ? libc : "");
	(void)folder_save(folder, NULL);
}

void cpu_record_node(const struct task *task, const struct folder *folder)
{
	cleanup_free char *libc = libc_build_id();
	struct cpu node;

	/* With %j there is nothing that two jobs could tell each other by. */
	if (conf_find_percent(task->dir, 'j'))
		return;
	cpu_read(&node);
	node_kind_note(folder, task->node, &node, libc);
}

void cpu_record_require(struct folder *folder, const struct cpu_restored *restored)
{
	if (*restored->used.machine)
		(void)put_cpu(&folder->record, ATTR_CPU, &restored->used);
}

/* By how the job was started; checkpoint.conf may have changed since. */
static void use_here(const struct manifest *m, struct cpu *used)
{
	const char *baseline = manifest_get(m, ATTR_CPU_BASELINE);
	const char *bind_now = manifest_get(m, ATTR_CPU_BIND_NOW);
	enum cpu_baseline bound = CPU_NODE;
	struct cpu node;

	if (baseline)
		(void)cpu_parse_baseline(baseline, &bound, NULL);
	cpu_read(&node);
	cpu_class_use(&node, bound, bind_now && !strcmp(bind_now, "yes"), used);
}

void cpu_record_continue(struct folder *folder, const struct cpu_restored *restored)
{
	struct manifest *m = &folder->record;
	struct cpu used = restored->used, here;

	if (!*used.machine) {
		/* What it used before is not known, so what it uses is not, either. */
		if (manifest_get(m, ATTR_CPU))
			(void)manifest_set(m, ATTR_CPU, "%s", "");
		return;
	}
	use_here(m, &here);
	cpu_class_merge(&used, &here);
	(void)put_cpu(m, ATTR_CPU, &used);
}

int cpu_record_describe(const struct folder *folder, struct manifest *m)
{
	const char *used = manifest_get(&folder->record, ATTR_CPU);
	const char *baseline = manifest_get(&folder->record, ATTR_CPU_BASELINE);
	struct cpu node;

	if (!used || !*used)
		return 0;
	cpu_read(&node);
	if (manifest_set(m, ATTR_CPU, "%s", used) < 0 ||
	    put_cpu(m, ATTR_CPU_NODE, &node) < 0)
		return -1;
	return baseline ? manifest_set(m, ATTR_CPU_BASELINE, "%s", baseline) : 0;
}

/* As Slurm calls it. */
static const char *node_name(void)
{
	const char *node = getenv("SLURMD_NODENAME");

	return node ? node : "this node";
}

int cpu_record_check(const struct generation *gen, struct cpu_restored *restored,
		     struct error *e)
{
	const struct manifest *m = &gen->manifest;
	struct cpu saved, here;

	*restored = (struct cpu_restored){ 0 };
	restored->elsewhere = generation_is_elsewhere(gen, getenv("SLURMD_NODENAME"));
	cpu_read(&here);
	if (get_cpu(m, ATTR_CPU_NODE, &saved, NULL) > 0)
		(void)cpu_class_check(&saved, &here, node_name(), &restored->lacks);
	if (get_cpu(m, ATTR_CPU, &restored->used, e) < 0)
		return error_prefix(e, "generation %u", gen->number);
	if (!*restored->used.machine)
		return 0;
	return cpu_class_check(&restored->used, &here, node_name(), e);
}
