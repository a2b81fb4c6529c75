// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/holdings.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"

/* What the kernel adds to the path of a file that was removed (Linux: d_path()). */
static const char deleted[] = " (deleted)";

struct visitor {
	holdings_fn visit;
	void *arg;
	pid_t pid;
	int root;     /* the process's */
	void *mapped; /* of tsearch(3): each mapped file that was told */
};

/* Is it, by the kernel's word, what is at that path? One may really be "x (deleted)". */
static bool is_at(const struct visitor *v, const char *path, const struct stat *st)
{
	struct stat there;

	return fstatat(v->root, path + 1, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
	       there.st_dev == st->st_dev && there.st_ino == st->st_ino;
}

static int tell(struct visitor *v, char *path, const struct stat *st, struct error *e)
{
	struct holding h = { .pid = v->pid, .path = path, .known = st != NULL };

	if (*path != '/' || (st && !S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode) &&
			     !S_ISFIFO(st->st_mode)))
		return 0;
	if (st)
		h.st = *st;
	if (str_ends_with(path, deleted) && !(st && is_at(v, path, st))) {
		path[strlen(path) - strlen(deleted)] = '\0';
		h.removed = true;
	}
	return v->visit(v->arg, &h, e);
}

/* A link of /proc that leads to the object itself. */
static int visit_link(struct visitor *v, int dir, const char *name, struct error *e)
{
	cleanup_free char *path = file_read_link(dir, name);
	struct stat st;

	if (!path || fstatat(dir, name, &st, 0) < 0)
		return 0;
	return tell(v, path, &st, e);
}

static int visit_descriptors(struct visitor *v, int process, struct error *e)
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

static int compare(const void *one, const void *other)
{
	return strcmp(one, other);
}

/* -1 without memory; 1: it is; 0: it was not. */
static int is_told(struct visitor *v, const char *file)
{
	char *key = strdup(file);
	char **found = key ? tsearch(key, &v->mapped, compare) : NULL;

	if (found && *found == key)
		return 0;
	free(key);
	return found ? 1 : -1;
}

/*
 * A line of /proc/PID/maps: addresses, access, offset, device, inode and path. Libraries
 * are in many, so each file is told once for all processes. Its path is one of the
 * process's own root, where other file systems may be mounted than here.
 */
static int visit_mapping(void *arg, const char *line, struct error *e)
{
	struct visitor *v = arg;
	const char *at = strchr(line, '/');
	unsigned long long inode;
	int device = 0, told;
	struct stat st;
	bool known;
	char *path;

	if (!at || sscanf(line, "%*s %*s %*s %n%*s %llu", &device, &inode) != 1)
		return 0;
	told = is_told(v, line + device);
	if (told > 0)
		return 0;
	path = told < 0 ? NULL : strdup(at);
	if (!path)
		return error_sys(e, "job's processes");
	known = fstatat(v->root, path + 1, &st, 0) == 0 && st.st_ino == inode;
	told = tell(v, path, known ? &st : NULL, e);
	free(path);
	return told;
}

static int visit_process(struct visitor *v, int proc, struct error *e)
{
	cleanup_free char *path = str_printf("%d", (int)v->pid);
	cleanup_close int process =
		path ? openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	cleanup_close int root =
		process < 0 ? -1 : openat(process, "root", O_PATH | O_CLOEXEC);

	if (process < 0)
		return path ? 0 : error_sys(e, "job's processes");
	v->root = root;
	return visit_link(v, process, "cwd", e) < 0 ||
			       visit_link(v, process, "root", e) < 0 ||
			       visit_link(v, process, "exe", e) < 0 ||
			       visit_descriptors(v, process, e) < 0 ||
			       tree_visit_maps(proc, v->pid, visit_mapping, v, e) < 0
		       ? -1
		       : 0;
}

int holdings_visit(const struct tree *tree, holdings_fn visit, void *arg, struct error *e)
{
	struct visitor v = { .visit = visit, .arg = arg };
	int rc = 0;

	for (size_t i = 0; i < tree->count && rc == 0; i++) {
		v.pid = tree->pids[i];
		rc = visit_process(&v, tree->proc, e);
	}
	tdestroy(v.mapped, free);
	return rc;
}
