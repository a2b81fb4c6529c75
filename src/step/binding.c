// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "step/binding.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"

/* ---- the CPUs ---- */

static int read_topology(int cpu, const char *what)
{
	cleanup_free char *path =
		str_printf("/sys/devices/system/cpu/cpu%d/topology/%s", cpu, what);
	cleanup_fclose FILE *f = path ? fopen(path, "re") : NULL;
	int value;

	return f && fscanf(f, "%d", &value) == 1 ? value : -1;
}

/* Numbers of cores repeat between sockets. */
static int find_core(const struct cpus *cpus, int socket, const int *id, int i)
{
	for (int j = 0; j < i; j++) {
		if (cpus->socket[j] == socket && id[j] == id[i] && id[i] >= 0)
			return cpus->core[j];
	}
	return i;
}

void binding_read_cpus(struct cpus *cpus, const cpu_set_t *set)
{
	int id[BINDING_CPUS_MAX];
	int n = 0;

	for (int cpu = 0; cpu < BINDING_CPUS_MAX; cpu++) {
		if (!CPU_ISSET((size_t)cpu, set))
			continue;
		cpus->number[n] = cpu;
		cpus->socket[n] = read_topology(cpu, "physical_package_id");
		id[n] = read_topology(cpu, "core_id");
		cpus->core[n] = find_core(cpus, cpus->socket[n], id, n);
		n++;
	}
	cpus->count = n;
}

/* ---- groups of them: sockets, cores, or each alone ---- */

static int group_of(const struct cpus *cpus, enum step_bind bind, int i)
{
	return bind == BIND_SOCKETS ? cpus->socket[i]
	       : bind == BIND_CORES ? cpus->core[i]
				    : i;
}

/* The first CPU of its group? */
static bool is_first(const struct cpus *cpus, enum step_bind bind, int i)
{
	for (int j = 0; j < i; j++) {
		if (group_of(cpus, bind, j) == group_of(cpus, bind, i))
			return false;
	}
	return true;
}

static int count_groups(const struct cpus *cpus, enum step_bind bind)
{
	int count = 0;

	for (int i = 0; i < cpus->count; i++)
		count += is_first(cpus, bind, i);
	return count;
}

static void add_group(const struct cpus *cpus, enum step_bind bind, int of,
		      cpu_set_t *set)
{
	for (int i = 0; i < cpus->count; i++) {
		if (group_of(cpus, bind, i) == group_of(cpus, bind, of))
			CPU_SET((size_t)cpus->number[i], set);
	}
}

static void add_all(const struct cpus *cpus, cpu_set_t *set)
{
	for (int i = 0; i < cpus->count; i++)
		CPU_SET((size_t)cpus->number[i], set);
}

/* ---- lists ---- */

/* The nth word of a list, which begins again at its end. Owned by the caller. */
static char *nth_word(const char *list, long nth)
{
	const char *word = list;

	while (nth-- > 0) {
		const char *comma = strchr(word, ',');

		word = comma ? comma + 1 : list;
	}
	return strndup(word, strcspn(word, ","));
}

static bool has_cpu(const struct cpus *cpus, long number)
{
	for (int i = 0; i < cpus->count; i++) {
		if (cpus->number[i] == number)
			return true;
	}
	return false;
}

static int map(const struct binding *b, const struct cpus *cpus, long task,
	       cpu_set_t *set)
{
	cleanup_free char *word = nth_word(b->list, task);
	char *end;
	long cpu;

	if (!word || !*word)
		return -1;
	cpu = strtol(word, &end, 0);
	if (*end || !has_cpu(cpus, cpu))
		return -1;
	CPU_SET((size_t)cpu, set);
	return 0;
}

static int mask(const struct binding *b, const struct cpus *cpus, long task,
		cpu_set_t *set)
{
	cleanup_free char *word = nth_word(b->list, task);
	unsigned long long bits;
	char *end;

	if (!word || !*word)
		return -1;
	bits = strtoull(word, &end, 16);
	if (*end || !bits)
		return -1;
	for (int cpu = 0; cpu < 64; cpu++) {
		if (!(bits >> cpu & 1))
			continue;
		if (!has_cpu(cpus, cpu))
			return -1;
		CPU_SET((size_t)cpu, set);
	}
	return 0;
}

/* ---- one task ---- */

/* What Slurm binds to by itself: that of which there are just enough. */
static enum step_bind choose(const struct binding *b, const struct cpus *cpus, long each)
{
	static const enum step_bind kinds[] = { BIND_SOCKETS, BIND_CORES, BIND_THREADS };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (count_groups(cpus, kinds[i]) == b->ntasks * each)
			return kinds[i];
	}
	return BIND_NONE;
}

/* The socket that a task begins with, as they take turns. */
static int socket_of_task(const struct cpus *cpus, long task)
{
	long nth = task % count_groups(cpus, BIND_SOCKETS);

	for (int i = 0; i < cpus->count; i++) {
		if (is_first(cpus, BIND_SOCKETS, i) && nth-- == 0)
			return cpus->socket[i];
	}
	return -1;
}

/* The first of a group that nobody has, in a socket; or in any. -1: there is none. */
static int find_free(const struct cpus *cpus, enum step_bind bind, const bool *used,
		     const int *socket)
{
	for (int i = 0; i < cpus->count; i++) {
		if (!used[i] && is_first(cpus, bind, i) &&
		    (!socket || cpus->socket[i] == *socket))
			return i;
	}
	return -1;
}

/* One more group for a task; when all have been given out they begin again. */
static int next_group(const struct cpus *cpus, enum step_bind bind, bool *used,
		      int socket, bool fill)
{
	int i = fill ? -1 : find_free(cpus, bind, used, &socket);

	if (i < 0)
		i = find_free(cpus, bind, used, NULL);
	if (i < 0) {
		memset(used, 0, sizeof(*used) * BINDING_CPUS_MAX);
		i = find_free(cpus, bind, used, fill ? NULL : &socket);
	}
	if (i >= 0)
		used[i] = true;
	return i;
}

/* The tasks before it choose first. */
static void give_groups(const struct binding *b, const struct cpus *cpus,
			enum step_bind bind, long each, long task, cpu_set_t *set)
{
	bool used[BINDING_CPUS_MAX] = { false };

	for (long t = 0; t <= task; t++) {
		int socket = socket_of_task(cpus, t);

		for (long i = 0; i < each; i++) {
			int group = next_group(cpus, bind, used, socket, b->fill);

			if (t == task && group >= 0)
				add_group(cpus, bind, group, set);
		}
	}
}

int binding_of_task(const struct binding *b, const struct cpus *cpus, long task,
		    cpu_set_t *set)
{
	long each = b->cpus_per_task > 0 ? b->cpus_per_task : 1;
	enum step_bind bind = b->bind == BIND_AUTO ? choose(b, cpus, each) : b->bind;

	CPU_ZERO(set);
	if (bind == BIND_MAP)
		return map(b, cpus, task, set);
	if (bind == BIND_MASK)
		return mask(b, cpus, task, set);
	if (bind == BIND_NONE || cpus->count == 0) {
		add_all(cpus, set);
		return 0;
	}
	/* Sockets that tasks would share: Slurm hands out their cores. */
	if (bind == BIND_SOCKETS && b->ntasks * each > count_groups(cpus, bind))
		bind = BIND_CORES;
	give_groups(b, cpus, bind, each, task, set);
	return 0;
}

char *binding_format(const cpu_set_t *set)
{
	char text[BINDING_CPUS_MAX / 4 + 1];
	int digits = BINDING_CPUS_MAX / 4;

	for (int d = 0; d < digits; d++) {
		unsigned int value = 0;

		for (int bit = 0; bit < 4; bit++) {
			if (CPU_ISSET((size_t)((digits - 1 - d) * 4 + bit), set))
				value |= 1u << bit;
		}
		text[d] = "0123456789ABCDEF"[value];
	}
	text[digits] = '\0';
	return str_printf("0x%s",
			  text[strspn(text, "0")] ? text + strspn(text, "0") : "0");
}
