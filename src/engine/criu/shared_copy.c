// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/criu/shared_copy.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cgroup_memory.h"
#include "base/cleanup.h"
#include "base/str.h"
#include "engine/criu/mapping.h"

/* As the kernel calls it (Linux, mm/shmem.c: shmem_zero_setup()). */
#define NAME "/dev/zero (deleted)"

/* criu itself needs some; less than that is not worth a question (bytes). */
#define SLACK ((uint64_t)16 << 20)

struct region {
	unsigned long inode;
	uint64_t size;
	uint64_t resident; /* as far as one process has it mapped: the most, bytes */
	pid_t pid;	   /* the process that is looked at, */
	uint64_t its;	   /* and what it has of that */
};

struct regions {
	struct region *list;
	size_t count;
};

static struct region *region_of(struct regions *r, unsigned long inode)
{
	struct region *grown;

	for (size_t i = 0; i < r->count; i++) {
		if (r->list[i].inode == inode)
			return &r->list[i];
	}
	grown = reallocarray(r->list, r->count + 1, sizeof(*grown));
	if (!grown)
		return NULL;
	r->list = grown;
	r->list[r->count] = (struct region){ .inode = inode };
	return &r->list[r->count++];
}

/* The first line of a mapping in /proc/PID/smaps: that region, or NULL. -1: no memory. */
static int begin(struct regions *r, const char *line, pid_t pid, struct region **current)
{
	unsigned long start, end, offset, inode;
	struct region *region;
	char flags[5];
	int at = 0;

	if (sscanf(line, "%lx-%lx %4s %lx %*s %lu %n", &start, &end, flags, &offset,
		   &inode, &at) != 5)
		return 0;
	*current = NULL;
	if (flags[3] != 's' || at == 0 || strncmp(line + at, NAME, strlen(NAME)) != 0)
		return 0;
	region = region_of(r, inode);
	if (!region)
		return -1;
	if (region->size < offset + (end - start))
		region->size = offset + (end - start);
	if (region->pid != pid) {
		region->pid = pid;
		region->its = 0;
	}
	*current = region;
	return 0;
}

static int read_process(struct regions *r, const struct tree *tree, pid_t pid)
{
	cleanup_free char *path = str_printf("%d/smaps", pid);
	int fd = path ? openat(tree->proc, path, O_RDONLY | O_CLOEXEC) : -1;
	cleanup_fclose FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
	struct region *current = NULL;
	cleanup_free char *line = NULL;
	size_t room = 0;

	while (f && getline(&line, &room, f) > 0) {
		unsigned long long kib;

		if (begin(r, line, pid, &current) < 0)
			return -1;
		if (!current || (sscanf(line, "Rss: %llu kB", &kib) != 1 &&
				 sscanf(line, "Swap: %llu kB", &kib) != 1))
			continue;
		current->its += kib << 10;
		if (current->its > current->resident)
			current->resident = current->its;
	}
	return 0;
}

/* smaps, which the kernel counts for, is read where there is something to be found. */
static bool has_any(const struct tree *tree, pid_t pid)
{
	struct mappings maps;
	bool any = mappings_read(&maps, tree->proc, pid) == 0 &&
		   mappings_find(&maps, NAME) != NULL;

	mappings_free(&maps);
	return any;
}

/* At its worst: the largest copy, and all that is made by being read. */
static uint64_t need_of(const struct regions *r, const struct region **largest)
{
	uint64_t made = 0;

	*largest = NULL;
	for (size_t i = 0; i < r->count; i++) {
		const struct region *region = &r->list[i];

		if (!*largest || region->size > (*largest)->size)
			*largest = region;
		if (region->size > region->resident)
			made += region->size - region->resident;
	}
	return *largest ? (*largest)->size + made : 0;
}

static int check(const struct tree *tree, const struct regions *r, struct error *e)
{
	const struct region *largest;
	uint64_t need = need_of(r, &largest), room;
	cleanup_free char *name = NULL;

	if (need < SLACK)
		return 0;
	room = cgroup_memory_room();
	if (room >= need + SLACK)
		return 0;
	name = tree_process_name(tree, largest->pid);
	if (name)
		str_make_printable(name);
	return error_set(e,
			 "%s (process %d) shares memory without a file, for which a "
			 "checkpoint takes %s more, and the job's limit leaves %s; "
			 "submit it with a larger --mem",
			 name ? name : "a process", largest->pid,
			 str_size(need + SLACK).text, str_size(room).text);
}

int shared_copy_check(const struct tree *tree, struct error *e)
{
	struct regions regions = { 0 };
	int rc = 0;

	for (size_t i = 0; i < tree->count && rc == 0; i++) {
		if (has_any(tree, tree->pids[i]))
			rc = read_process(&regions, tree, tree->pids[i]);
	}
	rc = rc < 0 ? error_sys(e, "job's processes") : check(tree, &regions, e);
	free(regions.list);
	return rc;
}
