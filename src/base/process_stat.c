// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "base/process_stat.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "base/uptime.h"

#define MAX_TEXT 4096 /* bytes: a name of 64 at most, and some fifty numbers */

/* From the end of its name on, which may have anything in it. */
static int parse(struct process_stat *stat, const char *text)
{
	unsigned long long user, system, child_user, child_system, start;
	int n = sscanf(text,
		       ") %c %d %d %d %*d %*d %u %*u %*u %*u %*u %llu %llu %llu %llu "
		       "%*d %*d %d %*d %llu",
		       &stat->state, &stat->parent, &stat->group, &stat->session,
		       &stat->flags, &user, &system, &child_user, &child_system,
		       &stat->threads, &start);

	if (n != 11)
		return -1;
	stat->ticks = user + system + child_user + child_system;
	stat->start = start;
	return 0;
}

int process_stat_read(struct process_stat *stat, int proc, const char *directory)
{
	cleanup_free char *path = str_printf("%s/stat", directory);
	size_t size;
	cleanup_free char *text =
		path ? file_read(proc, path, MAX_TEXT, &size, NULL) : NULL;
	const char *rest = text ? strrchr(text, ')') : NULL;

	return rest ? parse(stat, rest) : -1;
}

int process_stat_of(struct process_stat *stat, int proc, pid_t pid)
{
	char directory[16];

	snprintf(directory, sizeof(directory), "%d", pid);
	return process_stat_read(stat, proc, directory);
}

double process_stat_age(const struct process_stat *stat)
{
	return uptime_now() - (double)stat->start / (double)sysconf(_SC_CLK_TCK);
}
