// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/dmtcp/processes.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"

/* What an image has besides the pages that the kernel counts for its process. */
#define IMAGE_OVERHEAD ((uint64_t)32 << 20)

/* proc(5) */
struct process_status {
	uint64_t memory; /* bytes, in use or swapped out */
	unsigned int mask;
	bool has_mask; /* not one that has ended */
};

static void read_status(pid_t pid, struct process_status *status)
{
	cleanup_free char *path = str_printf("/proc/%d/status", pid);
	cleanup_fclose FILE *f = path ? fopen(path, "re") : NULL;
	uint64_t kib;
	char line[256];

	*status = (struct process_status){ 0 };
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "VmRSS: %" SCNu64, &kib) == 1 ||
		    sscanf(line, "VmSwap: %" SCNu64, &kib) == 1)
			status->memory += kib * 1024;
		else if (sscanf(line, "Umask: %o", &status->mask) == 1)
			status->has_mask = true;
	}
}

uint64_t processes_image_size(const struct tree *tree)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < tree->count; i++) {
		struct process_status status;

		read_status(tree->pids[i], &status);
		sum += status.memory + IMAGE_OVERHEAD;
	}
	return sum;
}

int processes_umask(const struct tree *tree, mode_t *mask, struct error *e)
{
	pid_t first = 0;

	*mask = 0;
	for (size_t i = 0; i < tree->count; i++) {
		struct process_status status;

		read_status(tree->pids[i], &status);
		if (!status.has_mask)
			continue;
		if (first && status.mask != *mask)
			return error_set(e,
					 "the processes %d and %d have different umasks, "
					 "which DMTCP does not restore",
					 first, tree->pids[i]);
		first = tree->pids[i];
		*mask = status.mask;
	}
	return 0;
}

int processes_limits(const struct tree *tree, struct rlimit *limits, struct error *e)
{
	pid_t first = 0;

	memset(limits, 0, RLIM_NLIMITS * sizeof(*limits));
	for (size_t i = 0; i < tree->count; i++) {
		struct rlimit own[RLIM_NLIMITS] = { 0 };
		bool there = true;

		for (int r = 0; there && r < RLIM_NLIMITS; r++)
			there = prlimit(tree->pids[i], r, NULL, &own[r]) == 0;
		if (!there)
			continue; /* it has ended */
		if (first && memcmp(limits, own, sizeof(own)) != 0)
			return error_set(
				e,
				"the processes %d and %d have different limits of "
				"resources, which DMTCP does not restore",
				first, tree->pids[i]);
		first = tree->pids[i];
		memcpy(limits, own, sizeof(own));
	}
	return 0;
}

/* O_ACCMODE of a descriptor, as proc(5) shows it; -1 if it is gone. */
static int access_mode(pid_t pid, const char *fd)
{
	cleanup_free char *path = str_printf("/proc/%d/fdinfo/%s", pid, fd);
	cleanup_fclose FILE *f = path ? fopen(path, "re") : NULL;
	unsigned int flags;
	char line[256];

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "flags: %o", &flags) == 1)
			return (int)flags & O_ACCMODE;
	}
	return -1;
}

static int check_descriptor(pid_t pid, int fds, const char *fd, struct error *e)
{
	cleanup_free char *path = NULL;
	struct stat st;

	if (fstatat(fds, fd, &st, 0) < 0 || !S_ISFIFO(st.st_mode))
		return 0;
	path = file_read_link(fds, fd);
	if (!path || path[0] != '/' || access_mode(pid, fd) == O_RDWR)
		return 0;
	return error_set(e,
			 "process %d has the fifo %s open, which DMTCP does not restore",
			 pid, path);
}

int processes_check_files(const struct tree *tree, struct error *e)
{
	for (size_t i = 0; i < tree->count; i++) {
		cleanup_free char *path = str_printf("/proc/%d/fd", tree->pids[i]);
		cleanup_closedir DIR *dir = path ? opendir(path) : NULL;
		struct dirent *d;

		while (dir && (d = readdir(dir))) {
			if (d->d_name[0] != '.' &&
			    check_descriptor(tree->pids[i], dirfd(dir), d->d_name, e) < 0)
				return -1;
		}
	}
	return 0;
}
