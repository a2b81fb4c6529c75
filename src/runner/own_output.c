// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "runner/own_output.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "store/output.h"

#define NODE_FILE_MAX (64 << 20) /* bytes */

static const int own[] = { STDOUT_FILENO, STDERR_FILENO };

/* The path that a descriptor was opened by, owned by the caller, or NULL. */
static char *path_of(int fd)
{
	cleanup_free char *link = str_printf("/proc/self/fd/%d", fd);

	return link ? realpath(link, NULL) : NULL;
}

/* Is it a regular file that the job writes and that still has a name? */
static bool is_output(int fd, struct stat *st)
{
	return fstat(fd, st) == 0 && S_ISREG(st->st_mode) && st->st_nlink > 0 &&
	       (fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDONLY;
}

static bool is_own(const struct stat *st)
{
	for (size_t i = 0; i < 2; i++) {
		struct stat ours;

		if (is_output(own[i], &ours) && ours.st_dev == st->st_dev &&
		    ours.st_ino == st->st_ino)
			return true;
	}
	return false;
}

/*
 * A file in a directory that every node has for itself, as the one in which MPICH tells
 * its ranks of the node's processors: it has to come along, if it is not too large to be
 * copied while the job stands. One that may not be read cannot.
 */
static bool is_of_node(const char *path, int fd, const struct stat *st)
{
	static const char *const dirs[] = { "/tmp/", "/var/tmp/" };

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		if (!strncmp(path, dirs[i], strlen(dirs[i])))
			return st->st_size <= NODE_FILE_MAX &&
			       (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY;
	}
	return false;
}

int own_output_record(struct generation *gen, const char *path, int fd,
		      const struct own_output_keep *keep, struct error *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_sys(e, "%s", path);
	if (output_is_recorded(gen, &st))
		return 0;
	if (is_own(&st))
		return output_record(gen, path, fd, !keep->appends, e);
	return output_record(gen, path, fd, keep->copies || is_of_node(path, fd, &st), e);
}

int own_output_record_all(struct generation *gen, const struct own_output_keep *keep,
			  struct error *e)
{
	for (size_t i = 0; i < 2; i++) {
		cleanup_free char *path = path_of(own[i]);
		cleanup_close int fd = -1;
		struct stat st;

		if (!path || !is_output(own[i], &st))
			continue;
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
		if (fd < 0)
			return error_sys(e, "%s", path);
		if (own_output_record(gen, path, fd, keep, e) < 0)
			return -1;
	}
	return 0;
}

char *own_output_path(int fd)
{
	struct stat st;

	return is_output(fd, &st) ? path_of(fd) : NULL;
}

void own_output_truncate(void)
{
	for (size_t i = 0; i < 2; i++) {
		struct stat st;

		if (is_output(own[i], &st))
			(void)!ftruncate(own[i], 0);
	}
}

int own_output_record_start(struct manifest *m, struct error *e)
{
	for (size_t i = 0; i < 2; i++) {
		cleanup_free char *path = path_of(own[i]);
		struct stat st;

		if (!path || !is_output(own[i], &st))
			continue;
		if (manifest_add_output(m, path, (uint64_t)st.st_size, NULL) < 0 ||
		    output_note(m, &st) < 0)
			return error_sys(e, "%s", path);
	}
	return 0;
}

int own_output_start_over(const struct manifest *m, struct error *e)
{
	for (size_t i = 0; i < m->noutputs; i++) {
		struct stat st;

		if (stat(m->outputs[i].path, &st) == 0 &&
		    (uint64_t)st.st_size > m->outputs[i].length &&
		    output_cut(m, i, e) < 0)
			return -1;
	}
	return 0;
}

void own_output_settle(struct manifest *m)
{
	for (size_t i = 0; i < m->noutputs; i++) {
		struct stat st;

		if (stat(m->outputs[i].path, &st) == 0 && S_ISREG(st.st_mode) &&
		    (uint64_t)st.st_size > m->outputs[i].length)
			m->outputs[i].length = (uint64_t)st.st_size;
	}
}

/* ---- is it new? ---- */

/* Seconds since slurmstepd, our parent, was started; negative if it does not tell. */
static double parent_age(void)
{
	cleanup_free char *path = str_printf("/proc/%d/stat", (int)getppid());
	cleanup_free char *text = NULL;
	struct timespec now;
	unsigned long long ticks;
	const char *rest;
	size_t size;

	text = path ? file_read(AT_FDCWD, path, 4096, &size, NULL) : NULL;
	rest = text ? strrchr(text, ')') : NULL; /* behind its name */
	if (!rest || clock_gettime(CLOCK_BOOTTIME, &now) < 0 ||
	    sscanf(rest,
		   ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d "
		   "%*d "
		   "%*d %*d %llu",
		   &ticks) != 1)
		return -1;
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9 -
	       (double)ticks / (double)sysconf(_SC_CLK_TCK);
}

/*
 * Seconds since a file was made, by the clock of where it is: that of a server may differ
 * from ours. Negative if that does not tell.
 */
static double file_age(int fd)
{
	struct statx st;

	if (futimens(fd, NULL) < 0 ||
	    statx(fd, "", AT_EMPTY_PATH, STATX_BTIME | STATX_MTIME, &st) < 0 ||
	    !(st.stx_mask & STATX_BTIME))
		return -1;
	return (double)(st.stx_mtime.tv_sec - st.stx_btime.tv_sec) +
	       ((double)st.stx_mtime.tv_nsec - (double)st.stx_btime.tv_nsec) / 1e9;
}

bool own_output_is_new(const char *node)
{
	cleanup_free char *path = path_of(STDOUT_FILENO);
	double start = parent_age(), file;
	struct stat st;

	if (!path || strstr(path, node) || !is_output(STDOUT_FILENO, &st) || st.st_size)
		return false;
	file = file_age(STDOUT_FILENO);
	/* Both clocks are those of ticks. */
	return start >= 0 && file >= 0 && file <= start + 0.05;
}
