// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "spank/join.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/protocol.h"
#include "base/str.h"
#include "spank/parent_job.h"

#define ENVIRONMENT_MAX ((size_t)8 << 20) /* bytes; the kernel's own limit is 6 MiB */

/* ---- the job's first process ---- */

static bool is_named_init(int process)
{
	size_t size;
	cleanup_free char *name = file_read(process, "comm", 64, &size, NULL);

	return name && !strcmp(name, CHECKPOINT_INIT_NAME "\n");
}

/* And the first of its pid namespace, and no child of that. */
static bool is_first(int process)
{
	size_t size;
	cleanup_free char *status = file_read(process, "status", 1 << 16, &size, NULL);
	char *line = status ? strstr(status, "\nNSpid:") : NULL;
	const char *last;

	if (!line)
		return false;
	line += strlen("\nNSpid:");
	line[strcspn(line, "\n")] = '\0';
	last = strrchr(line, '\t');
	return last && !strcmp(last, "\t1");
}

static bool is_of_job(int process, const char *job)
{
	cleanup_close int fd = openat(process, "environ", O_RDONLY | O_CLOEXEC);
	cleanup_free char *text = fd < 0 ? NULL : calloc(1, ENVIRONMENT_MAX + 1);
	ssize_t size = text ? file_read_all(fd, text, ENVIRONMENT_MAX) : -1;

	for (const char *v = text; v && v < text + size; v += strlen(v) + 1) {
		if (!strncmp(v, "SLURM_JOB_ID=", strlen("SLURM_JOB_ID=")))
			return !strcmp(v + strlen("SLURM_JOB_ID="), job);
	}
	return false;
}

static bool is_inside_of_ours(int process)
{
	struct stat theirs, ours;

	return fstatat(process, "ns/user", &theirs, 0) == 0 &&
	       stat("/proc/self/ns/user", &ours) == 0 && theirs.st_ino != ours.st_ino;
}

/* A pidfd of it, or -1. */
static int open_init(const char *pid, const char *job)
{
	cleanup_free char *path = str_printf("/proc/%s", pid);
	cleanup_close int process =
		path ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	cleanup_close int pidfd = -1;
	struct stat st;

	if (process < 0 || fstat(process, &st) < 0 || st.st_uid != geteuid() ||
	    !is_named_init(process))
		return -1;
	pidfd = (int)syscall(SYS_pidfd_open, atoi(pid), 0);
	/* What is looked at after that is the process that pidfd is of, or is gone. */
	if (pidfd < 0 || !is_first(process) || !is_of_job(process, job) ||
	    !is_inside_of_ours(process))
		return -1;
	return take_fd(pidfd);
}

static int find_init(const char *job)
{
	cleanup_closedir DIR *proc = opendir("/proc");
	struct dirent *d;

	while (proc && (d = readdir(proc))) {
		int pidfd = atoi(d->d_name) > 1 ? open_init(d->d_name, job) : -1;

		if (pidfd >= 0)
			return pidfd;
	}
	return -1;
}

/* ---- its mounts ---- */

/* Those are of its pid namespace. What is below them is the node's. */
static void take_off(void)
{
	static const char *const mounts[] = { "/proc", "/dev/ptmx", "/dev/pts" };

	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++)
		(void)umount2(mounts[i], MNT_DETACH);
}

/* -1 where nothing was changed; from the first change on there is no way back. */
static int enter(int pidfd)
{
	cleanup_free char *cwd = getcwd(NULL, 0);

	if (setns(pidfd, CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return -1;
	if (unshare(CLONE_NEWNS) < 0)
		_exit(EXIT_FAILURE);
	take_off();
	if (cwd && chdir(cwd) < 0)
		fprintf(stderr, "slurm-checkpoint: error: %s: %m\n", cwd);
	return 0;
}

/* A TMPDIR that is not there on this node is of no use to the task. */
static void check_tmpdir(void)
{
	const char *tmpdir = getenv("TMPDIR");

	if (tmpdir && getenv(CHECKPOINT_ENV_IMAGE_DIR) && access(tmpdir, F_OK) < 0)
		parent_job_reset_tmpdir();
}

void join_job(void)
{
	const char *variable = getenv(CHECKPOINT_ENV_STEP_OF);
	cleanup_free char *job = variable ? strdup(variable) : NULL;
	cleanup_close int init = -1;

	unsetenv(CHECKPOINT_ENV_STEP_OF);
	init = job ? find_init(job) : -1;
	if (init >= 0)
		(void)enter(init);
	if (job)
		check_tmpdir();
}
