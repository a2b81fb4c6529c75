// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hears - who would hear a signal? By /proc, where the masks of every process of the
 * user's can be read. What a signal does to a program that has not heard of it is to kill
 * it, so this is asked before one is sent.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "engine/app/app.h"

/* Is a signal in a line of /proc/PID/status, as "SigCgt:	0000000000000200"? */
static bool is_in_mask(const char *status, const char *field, int signum)
{
	const char *line = strstr(status, field);

	return line && (strtoull(line + strlen(field), NULL, 16) >> (signum - 1) & 1);
}

enum app_hears app_hears(pid_t pid, int signum)
{
	cleanup_free char *path = str_printf("/proc/%d/status", pid);
	size_t size;
	cleanup_free char *status =
		path ? file_read(AT_FDCWD, path, SIZE_MAX, &size, NULL) : NULL;

	if (!status || strstr(status, "\nState:\tZ"))
		return APP_NOBODY;
	/* One that is blocked is waited for. */
	if (is_in_mask(status, "\nSigCgt:", signum) ||
	    is_in_mask(status, "\nSigBlk:", signum))
		return APP_HEARS;
	return is_in_mask(status, "\nSigIgn:", signum) ? APP_IGNORES : APP_DIES;
}

/* Is a variable, "NAME=" or with its value and the zero byte, in an environment? */
static bool has(const char *environment, size_t size, const char *variable, size_t length)
{
	const char *found = memmem(environment, size, variable, length);

	return found && (found == environment || found[-1] == '\0');
}

/* Is it a process of the job's steps? The script and its children know of no step. */
static bool is_of_step(int proc, const char *pid, unsigned int job)
{
	static const char step[] = "SLURM_STEP_ID=";
	cleanup_free char *path = str_printf("%s/environ", pid);
	cleanup_free char *number = str_printf("SLURM_JOB_ID=%u", job);
	cleanup_free char *environment = NULL;
	size_t size;
	struct stat st;

	/* Others' cannot be read, and are not of this job. */
	if (!path || !number || fstatat(proc, pid, &st, 0) < 0 || st.st_uid != geteuid())
		return false;
	environment = file_read(proc, path, SIZE_MAX, &size, NULL);
	return environment && has(environment, size, step, strlen(step)) &&
	       has(environment, size, number, strlen(number) + 1);
}

enum app_hears app_steps_hear(unsigned int job, int signum)
{
	cleanup_closedir DIR *proc = opendir("/proc");
	enum app_hears all = APP_NOBODY;
	struct dirent *entry;

	/* A job that was submitted in a step of another's: all of it would look so. */
	if (getenv("SLURM_STEP_ID"))
		return APP_HEARS;
	while (proc && (entry = readdir(proc))) {
		unsigned long long pid;
		enum app_hears hears;

		if (str_to_ull(entry->d_name, INT32_MAX, &pid) < 0 ||
		    !is_of_step(dirfd(proc), entry->d_name, job))
			continue;
		hears = app_hears((pid_t)pid, signum);
		if (hears > all)
			all = hears;
	}
	return all;
}
