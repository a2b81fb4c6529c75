// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/holdings.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"

/* What the kernel writes behind the path of what was removed (Linux: d_path()). */
static const char deleted[] = " (deleted)";

struct visitor {
	holdings_fn visit;
	void *arg;
	pid_t pid;
};

static int tell(const struct visitor *v, char *path, const struct stat *st,
		struct error *e)
{
	struct holding h = { .pid = v->pid, .path = path, .known = st != NULL };

	if (*path != '/' || (st && !S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode) &&
			     !S_ISFIFO(st->st_mode)))
		return 0;
	if (st)
		h.st = *st;
	if (str_ends_with(path, deleted)) {
		path[strlen(path) - strlen(deleted)] = '\0';
		h.removed = true;
	}
	return v->visit(v->arg, &h, e);
}

/* A link of /proc that leads to the object itself. */
static int visit_link(const struct visitor *v, int dir, const char *name, struct error *e)
{
	cleanup_free char *path = file_read_link(dir, name);
	struct stat st;

	if (!path || fstatat(dir, name, &st, 0) < 0)
		return 0;
	return tell(v, path, &st, e);
}

static int visit_descriptors(const struct visitor *v, int process, struct error *e)
{
	cleanup_closedir DIR *dir = file_open_dir(process, "fd");
	struct dirent *d;

	while (dir && (d = file_next(dir))) {
		if (d->d_name[0] != '.' && visit_link(v, dirfd(dir), d->d_name, e) < 0)
			return -1;
	}
	/* One that has ended has none any more. */
	return !dir || !errno || errno == ENOENT || errno == ESRCH
		       ? 0
		       : error_sys(e, "files of process %d", (int)v->pid);
}

/*
 * A line of /proc/PID/maps; once for each run of lines of the same file. Its path is one
 * of the process's own root, where other file systems may be mounted than here.
 */
static int visit_mapping(const struct visitor *v, int root, const char *line,
			 unsigned long long *last, struct error *e)
{
	const char *at = strchr(line, '/');
	cleanup_free char *path = at ? strdup(at) : NULL;
	unsigned long long inode;
	struct stat st;
	bool known;

	if (!path || sscanf(line, "%*s %*s %*s %*s %llu", &inode) != 1 || inode == *last)
		return 0;
	*last = inode;
	known = fstatat(root, path + 1, &st, 0) == 0 && st.st_ino == inode;
	return tell(v, path, known ? &st : NULL, e);
}

static int visit_mappings(const struct visitor *v, int process, struct error *e)
{
	cleanup_close int root = openat(process, "root", O_PATH | O_CLOEXEC);
	cleanup_close int fd = openat(process, "maps", O_RDONLY | O_CLOEXEC);
	cleanup_fclose FILE *maps = fd < 0 ? NULL : fdopen(fd, "re");
	cleanup_free char *line = NULL;
	unsigned long long last = 0;
	size_t size = 0;
	int rc = 0;

	if (maps)
		(void)take_fd(fd);
	while (rc == 0 && maps && getline(&line, &size, maps) > 0) {
		line[strcspn(line, "\n")] = '\0';
		rc = visit_mapping(v, root, line, &last, e);
	}
	return rc;
}

static int visit_process(const struct visitor *v, int proc, struct error *e)
{
	cleanup_free char *path = str_printf("%d", (int)v->pid);
	cleanup_close int process =
		path ? openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (process < 0)
		return path ? 0 : error_sys(e, "job's processes");
	return visit_link(v, process, "cwd", e) < 0 ||
			       visit_link(v, process, "root", e) < 0 ||
			       visit_link(v, process, "exe", e) < 0 ||
			       visit_descriptors(v, process, e) < 0 ||
			       visit_mappings(v, process, e) < 0
		       ? -1
		       : 0;
}

int holdings_visit(const struct tree *tree, holdings_fn visit, void *arg, struct error *e)
{
	struct visitor v = { .visit = visit, .arg = arg };

	for (size_t i = 0; i < tree->count; i++) {
		v.pid = tree->pids[i];
		if (visit_process(&v, tree->proc, e) < 0)
			return -1;
	}
	return 0;
}
