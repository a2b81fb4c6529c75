// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "step/strays.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"

#define ROUNDS 100 /* a program that forks faster than that is left to Slurm */

static bool has_line(const char *text, size_t size, const char *line)
{
	for (const char *at = text; at < text + size; at += strlen(at) + 1) {
		if (strcmp(at, line) == 0)
			return true;
	}
	return false;
}

static bool is_of_step(int proc, const char *pid, const char *job, const char *step)
{
	cleanup_free char *path = str_printf("%s/environ", pid);
	size_t size;
	cleanup_free char *text =
		path ? file_read(proc, path, (size_t)1 << 20, &size, NULL) : NULL;

	return text && has_line(text, size, step) && has_line(text, size, job);
}

/* false: there was none. */
static bool kill_once(const char *job, const char *step)
{
	cleanup_closedir DIR *proc = opendir("/proc");
	struct dirent *d;
	bool found = false;

	while (proc && (d = readdir(proc))) {
		unsigned long long pid;

		if (str_to_ull(d->d_name, 1 << 30, &pid) < 0 || (pid_t)pid == getpid() ||
		    !is_of_step(dirfd(proc), d->d_name, job, step))
			continue;
		found = kill((pid_t)pid, SIGKILL) == 0 || found;
	}
	return found;
}

void strays_kill(const char *job, unsigned int step)
{
	cleanup_free char *job_line = str_printf("SLURM_JOB_ID=%s", job);
	cleanup_free char *step_line = str_printf("SLURM_STEP_ID=%u", step);

	/* The environment of one that is killed is empty, so each round finds new ones. */
	for (int i = 0; job_line && step_line && i < ROUNDS; i++) {
		if (!kill_once(job_line, step_line))
			return;
	}
}
