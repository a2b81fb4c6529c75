// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "runner/own_output.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
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
