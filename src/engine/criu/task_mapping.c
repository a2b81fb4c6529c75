// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * task_mapping - from which NUMA nodes mappings get memory that have a policy of their
 * own.
 *
 * It is looked at before the job is frozen, since that takes 0.1 s for 1 GiB of small
 * pages, and only where there is more than one node. What a process maps meanwhile is as
 * its threads' policy has it. When it is set pages are moved to where they are to be.
 */
#define _GNU_SOURCE
#include "engine/criu/task_mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mempolicy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "engine/criu/mapping.h"
#include "engine/criu/task_policy.h"
#include "engine/criu/task_proc.h"
#include "engine/criu/task_self.h"
#include "engine/criu/task_state.h"

/* ---- what they are ---- */

static unsigned long end_of(const struct mappings *maps, unsigned long start)
{
	for (size_t i = 0; i < maps->count; i++) {
		if (maps->list[i].start == start)
			return maps->list[i].end;
	}
	return 0;
}

/* The first line is the thread's policy; others are those mappings' own. */
static void write_own(FILE *out, FILE *numa_maps, const struct mappings *maps)
{
	cleanup_free char *line = NULL, *usual = NULL;
	size_t room = 0;

	while (getline(&line, &room, numa_maps) > 0) {
		cleanup_free char *policy = policy_of_line(line);
		unsigned long start = strtoul(line, NULL, 16), end;

		if (!usual)
			usual = policy ? strdup(policy) : NULL;
		end = policy && usual && strcmp(policy, usual) != 0 ? end_of(maps, start)
								    : 0;
		if (end)
			fprintf(out, "%s%lx-%lx %s", ftell(out) ? " " : "", start, end,
				policy);
	}
}

char *task_mapping_policies(pid_t pid)
{
	cleanup_free char *path = str_printf("/proc/%d/numa_maps", pid);
	cleanup_fclose FILE *numa_maps = path ? fopen(path, "re") : NULL;
	cleanup_close int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct mappings maps;
	char *text = NULL;
	size_t size;
	FILE *out = numa_maps ? open_memstream(&text, &size) : NULL;

	if (!out)
		return NULL;
	if (mappings_read(&maps, proc, pid) == 0)
		write_own(out, numa_maps, &maps);
	mappings_free(&maps);
	return fclose(out) == 0 ? text : NULL;
}

static bool has_more_than_one_node(void)
{
	cleanup_free char *list = task_proc_find(1, "status", "Mems_allowed_list:\t");
	struct numbers nodes;

	return list && numbers_parse(&nodes, list) == 0 && numbers_count(&nodes) > 1;
}

static char *mapping_look(pid_t pid)
{
	return has_more_than_one_node() ? task_mapping_policies(pid) : strdup("");
}

/* ---- what they are to be ---- */

/* "START-END", of whole pages. */
static int parse_range(const char *text, unsigned long *start, unsigned long *end)
{
	char after;

	return sscanf(text, "%lx-%lx%c", start, end, &after) == 2 && *start < *end ? 0
										   : -1;
}

/* What is not there any more needs no policy. */
static int set_one(pid_t pid, const char *range, const char *value,
		   struct task_move *move, struct error *e)
{
	unsigned long args[6] = { 0 }, end;
	struct policy policy;
	const struct task_self_data nodes = { .argument = 3,
					      .bytes = policy.nodes,
					      .size = sizeof(policy.nodes) };

	if (parse_range(range, &args[0], &end) < 0 ||
	    policy_parse(&policy, value, move) < 0)
		return error_set(e, "\"%s %s\" is no mapping's policy", range, value);
	args[1] = end - args[0];
	args[2] = (unsigned long)policy.mode;
	args[4] = policy.has_nodes ? POLICY_MAXNODE : 0;
	args[5] = MPOL_MF_MOVE;
	if (task_self_call(pid, "mbind", SYS_mbind, args,
			   policy.has_nodes ? &nodes : NULL, e) < 0)
		return errno == EFAULT ? 0 : -1;
	return 0;
}

static int mapping_set(pid_t pid, const char *value, struct task_move *move,
		       struct error *e)
{
	cleanup_free char *copy = strdup(value);
	char *rest = copy, *range, *policy;
	enum numbers_move worst = NUMBERS_MOVED;

	if (!copy)
		return error_sys(e, "mbind");
	while (rest) {
		range = strsep(&rest, " ");
		policy = strsep(&rest, " ");
		if (set_one(pid, range, policy ? policy : "", move, e) < 0)
			return -1;
		worst = move->nodes > worst ? move->nodes : worst;
	}
	move->nodes = worst;
	return 0;
}

const struct task_state task_mapping = {
	.name = "mapping",
	.what = "memory policy of mappings",
	.of_process = true,
	.early = true,
	.moment = TASK_RUNNING,
	.look = mapping_look,
	.set = mapping_set,
};
