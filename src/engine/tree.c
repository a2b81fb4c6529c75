// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/process_stat.h"
#include "base/str.h"
#include "store/node_dirs.h"
#include "store/node_files.h"

#define MAX_PROC_FILE 4096 /* bytes of stat, comm and fdinfo that are read */

struct process {
	pid_t pid;
	pid_t parent;
	pid_t group;
	pid_t session;
	bool ended;
	bool in_tree;
};

static DIR *open_dir_at(int dirfd, const char *path)
{
	int fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir && fd >= 0)
		close(fd);
	return dir;
}

/* The start of a small file of /proc, as a string; NULL if it is gone. */
static char *read_proc(int dirfd, const char *path)
{
	cleanup_close int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);
	char *text = fd < 0 ? NULL : malloc(MAX_PROC_FILE + 1);
	ssize_t n = text ? file_read_all(fd, text, MAX_PROC_FILE) : -1;

	if (n < 0) {
		free(text);
		return NULL;
	}
	text[n] = '\0';
	return text;
}

/* A number is in use. -1 without memory. */
static int note_used(struct tree *tree, pid_t id)
{
	/* Grown by doubling, whenever the count is a power of two. */
	if ((tree->nused & (tree->nused - 1)) == 0) {
		pid_t *grown = reallocarray(tree->used, 2 * tree->nused + 1, sizeof(id));

		if (!grown)
			return -1;
		tree->used = grown;
	}
	tree->used[tree->nused++] = id;
	if (id > tree->highest)
		tree->highest = id;
	return 0;
}

/* -1 if it is gone. */
static int read_process(const struct tree *tree, const char *pid, struct process *p)
{
	struct process_stat stat;

	if (process_stat_read(&stat, tree->proc, pid) < 0)
		return -1;
	*p = (struct process){ .pid = atoi(pid),
			       .parent = stat.parent,
			       .group = stat.group,
			       .session = stat.session,
			       .ended = stat.state == 'Z' || stat.state == 'X' };
	return 0;
}

/* The numbers of a process, its group and session, and its threads. */
static int note_numbers(struct tree *tree, const struct process *p, const char *pid)
{
	cleanup_free char *path = str_printf("%s/task", pid);
	cleanup_closedir DIR *dir = path ? open_dir_at(tree->proc, path) : NULL;
	struct dirent *d;

	if (note_used(tree, p->group) < 0 || note_used(tree, p->session) < 0)
		return -1;
	while (dir && (d = readdir(dir))) {
		if (atoi(d->d_name) > 0 && note_used(tree, atoi(d->d_name)) < 0)
			return -1;
	}
	return 0;
}

static int read_processes(struct tree *tree, struct process **all, size_t *count)
{
	cleanup_closedir DIR *dir = open_dir_at(tree->proc, ".");
	struct dirent *d;

	while (dir && (d = file_next(dir))) {
		struct process p, *grown;

		if (atoi(d->d_name) <= 1 || read_process(tree, d->d_name, &p) < 0)
			continue;
		grown = reallocarray(*all, *count + 1, sizeof(*grown));
		if (!grown)
			return -1;
		*all = grown;
		(*all)[(*count)++] = p;
		if (note_numbers(tree, &p, d->d_name) < 0)
			return -1;
	}
	return dir && !errno ? 0 : -1;
}

static bool in_tree(const struct process *all, size_t count, pid_t pid)
{
	for (size_t i = 0; i < count; i++) {
		if (all[i].pid == pid)
			return all[i].in_tree;
	}
	return false;
}

/* Mark the root and, until no more are found, the children of those marked. */
static size_t mark_tree(struct process *all, size_t count, pid_t root)
{
	size_t marked = 0, before;

	do {
		before = marked;
		for (size_t i = 0; i < count; i++) {
			if (all[i].in_tree ||
			    (all[i].pid != root && !in_tree(all, count, all[i].parent)))
				continue;
			all[i].in_tree = true;
			marked++;
		}
	} while (marked != before);
	return marked;
}

/* Who has detached from the root's tree is init's child in an open sandbox. */
static void leave_out(struct process *all, size_t count, pid_t pid)
{
	for (size_t i = 0; i < count; i++) {
		if (all[i].pid == pid)
			all[i].in_tree = false;
	}
}

/*
 * Who has a number below the root's is not the job's, nor is who came in from outside: a
 * parent that is not inside is shown as 0.
 */
static void look_for_adopted(struct tree *tree, const struct process *all, size_t count,
			     pid_t root)
{
	pid_t session = 0;

	for (size_t i = 0; i < count; i++) {
		if (all[i].pid == root)
			session = all[i].session;
	}
	for (size_t i = 0; i < count; i++) {
		const struct process *p = &all[i];

		if (p->parent == root && p->session != session && p->session != p->pid)
			tree->has_adopted = true;
		if (!p->in_tree && !p->ended && p->parent != 0 &&
		    p->pid >= SANDBOX_FIRST_PID)
			tree->stray = p->pid;
	}
}

int tree_read(struct tree *tree, const struct sandbox *sb, struct error *e)
{
	cleanup_free char *path = str_printf("/proc/%d/root/proc", sb->init);
	cleanup_free struct process *all = NULL;
	size_t count = 0;

	*tree = (struct tree){ .proc = -1, .highest = SANDBOX_FIRST_PID };
	if (!path)
		return error_sys(e, "job's processes");
	tree->proc = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (tree->proc < 0 || read_processes(tree, &all, &count) < 0)
		return error_sys(e, "%s", path);
	tree->pids = calloc(mark_tree(all, count, sb->is_open ? sb->init : sb->root) + 1,
			    sizeof(pid_t));
	if (!tree->pids)
		return error_sys(e, "job's processes");
	if (sb->is_open)
		leave_out(all, count, sb->init);
	else
		look_for_adopted(tree, all, count, sb->root);
	for (size_t i = 0; i < count; i++) {
		if (all[i].in_tree)
			tree->pids[tree->count++] = all[i].pid;
	}
	return 0;
}

void tree_free(struct tree *tree)
{
	if (tree->proc >= 0)
		close(tree->proc);
	tree->proc = -1;
	free(tree->pids);
	free(tree->used);
	tree->pids = tree->used = NULL;
}

/* ---- files ---- */

static const char deleted[] = " (deleted)"; /* what the kernel writes behind a path */

static bool is_at(const char *path, const struct stat *st)
{
	struct stat there;

	return lstat(path, &there) == 0 && there.st_dev == st->st_dev &&
	       there.st_ino == st->st_ino;
}

/* A name that a file has in the directory of a path; owned by the caller, or NULL. */
static char *other_name(const char *path, const struct stat *st)
{
	const char *name = strrchr(path, '/') + 1;
	cleanup_free char *place = strndup(path, (size_t)(name - path));
	cleanup_closedir DIR *dir = place ? open_dir_at(AT_FDCWD, place) : NULL;
	struct dirent *d;

	while (dir && (d = readdir(dir))) {
		cleanup_free char *now = d->d_ino == st->st_ino
						 ? str_printf("%s%s", place, d->d_name)
						 : NULL;

		if (now && is_at(now, st))
			return take_ptr(now);
	}
	return NULL;
}

/*
 * The path of a file that has a name, by its link in /proc; owned by the caller, or NULL.
 * One that was removed may have another name beside it, as one that an editor has
 * replaced and kept; and one may really be called "x (deleted)".
 */
static char *path_of(const char *link, const struct stat *st)
{
	if (st->st_nlink == 0)
		return NULL;
	if (!str_ends_with(link, deleted) || is_at(link, st))
		return strdup(link);
	return other_name(link, st);
}

/* The number behind a word in the text of fdinfo; -1 if there is none. */
static long long number_of(const char *text, const char *word, int base)
{
	const char *found = strstr(text, word);

	return found ? strtoll(found + strlen(word), NULL, base) : -1;
}

static int read_use(int proc, pid_t pid, const char *fd, struct tree_file *file)
{
	cleanup_free char *path = str_printf("%d/fdinfo/%s", pid, fd);
	cleanup_free char *text = path ? read_proc(proc, path) : NULL;

	if (!text)
		return -1;
	file->flags = (int)number_of(text, "flags:", 8);
	file->position = number_of(text, "pos:", 10);
	file->mount = (int)number_of(text, "mnt_id:", 10);
	return 0;
}

static int visit_descriptor(const struct tree *tree, pid_t pid, int fds, const char *name,
			    tree_visit_fn visit, void *arg, struct error *e)
{
	cleanup_free char *link = file_read_link(fds, name);
	cleanup_free char *path = NULL;
	struct tree_file file = { .pid = pid, .dir = fds, .name = name, .link = link };

	if (!link || link[0] != '/' || fstatat(fds, name, &file.st, 0) < 0 ||
	    !S_ISREG(file.st.st_mode) || read_use(tree->proc, pid, name, &file) < 0)
		return 0;
	path = path_of(link, &file.st);
	if (!path)
		return 0;
	file.path = path;
	return visit(arg, &file, e);
}

static int visit_descriptors(const struct tree *tree, pid_t pid, tree_visit_fn visit,
			     void *arg, struct error *e)
{
	cleanup_free char *path = str_printf("%d/fd", pid);
	cleanup_closedir DIR *dir = path ? open_dir_at(tree->proc, path) : NULL;
	struct dirent *d;

	while (dir && (d = file_next(dir))) {
		if (d->d_name[0] != '.' &&
		    visit_descriptor(tree, pid, dirfd(dir), d->d_name, visit, arg, e) < 0)
			return -1;
	}
	/* One that has ended has none any more. */
	return !dir || !errno || errno == ENOENT || errno == ESRCH
		       ? 0
		       : error_sys(e, "files of process %d", (int)pid);
}

int tree_visit_maps(int proc, pid_t pid, tree_line_fn visit, void *arg, struct error *e)
{
	cleanup_free char *path = str_printf("%d/maps", pid);
	cleanup_close int fd = path ? openat(proc, path, O_RDONLY | O_CLOEXEC) : -1;
	cleanup_fclose FILE *maps = fd < 0 ? NULL : fdopen(fd, "re");
	cleanup_free char *line = NULL;
	size_t size = 0;
	int rc = 0;

	if (maps)
		(void)take_fd(fd);
	while (rc == 0 && maps && getline(&line, &size, maps) > 0) {
		line[strcspn(line, "\n")] = '\0';
		rc = visit(arg, line, e);
	}
	return rc;
}

struct mapped {
	pid_t pid;
	char *last; /* path of the line before */
	tree_visit_fn visit;
	void *arg;
};

/* A file that is mapped, once for each run of its lines. */
static int visit_mapping(void *arg, const char *line, struct error *e)
{
	struct mapped *m = arg;
	struct tree_file file = { .pid = m->pid, .dir = AT_FDCWD, .mapped = true };
	const char *path = strchr(line, '/');
	char access[5];

	if (!path || sscanf(line, "%*s %4s", access) != 1)
		return 0;
	file.flags = access[1] == 'w' && access[3] == 's' ? O_RDWR : O_RDONLY;
	/* Libraries above all: there are many. */
	if (file.flags == O_RDONLY &&
	    ((!node_dirs_hold(path) && !node_files_hold(path)) ||
	     (m->last && !strcmp(m->last, path))))
		return 0;
	if (stat(path, &file.st) < 0 || !S_ISREG(file.st.st_mode))
		return 0;
	free(m->last);
	m->last = strdup(path);
	file.path = file.link = file.name = path;
	return m->visit(m->arg, &file, e);
}

static int visit_mappings(const struct tree *tree, pid_t pid, tree_visit_fn visit,
			  void *arg, struct error *e)
{
	struct mapped m = { .pid = pid, .visit = visit, .arg = arg };
	int rc = tree_visit_maps(tree->proc, pid, visit_mapping, &m, e);

	free(m.last);
	return rc;
}

int tree_visit_files(const struct tree *tree, tree_visit_fn visit, void *arg,
		     struct error *e)
{
	for (size_t i = 0; i < tree->count; i++) {
		if (visit_descriptors(tree, tree->pids[i], visit, arg, e) < 0 ||
		    visit_mappings(tree, tree->pids[i], visit, arg, e) < 0)
			return -1;
	}
	return 0;
}

int tree_open_file(const struct tree_file *file, struct error *e)
{
	int fd = openat(file->dir, file->name, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0 && errno == EACCES)
		fd = openat(file->dir, file->name, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	return fd < 0 ? error_sys(e, "%s", file->path) : fd;
}

/* ---- pipes and sockets ---- */

static bool holds(const struct tree *tree, pid_t pid, const char *link_wanted)
{
	cleanup_free char *path = str_printf("%d/fd", pid);
	cleanup_closedir DIR *dir = path ? open_dir_at(tree->proc, path) : NULL;
	struct dirent *d;

	while (dir && (d = readdir(dir))) {
		cleanup_free char *link = file_read_link(dirfd(dir), d->d_name);

		if (link && !strcmp(link, link_wanted))
			return true;
	}
	return false;
}

pid_t tree_holder(const struct tree *tree, const char *link)
{
	for (size_t i = 0; i < tree->count; i++) {
		if (holds(tree, tree->pids[i], link))
			return tree->pids[i];
	}
	return 0;
}

pid_t tree_socket_holder(const struct tree *tree, unsigned long long inode)
{
	cleanup_free char *link = str_printf("socket:[%llu]", inode);

	return link ? tree_holder(tree, link) : 0;
}

/* ---- states ---- */

static bool has_pid(const struct tree *tree, pid_t pid)
{
	for (size_t i = 0; i < tree->count; i++) {
		if (tree->pids[i] == pid)
			return true;
	}
	return false;
}

/*
 * 1 and its parent if it has ended; 0 if it has not, -1 if it is gone. Also the first
 * thread of a process that has others looks as if it had ended.
 */
static int read_end(const struct tree *tree, pid_t pid, pid_t *parent)
{
	struct process_stat stat;

	if (process_stat_of(&stat, tree->proc, pid) < 0)
		return -1;
	*parent = stat.parent;
	return (stat.state == 'Z' && stat.threads <= 1) || stat.state == 'X';
}

bool tree_has_ended(const struct tree *tree, pid_t pid)
{
	pid_t parent;

	return read_end(tree, pid, &parent) != 0;
}

static bool is_unwaited(const struct tree *tree, pid_t pid)
{
	pid_t parent;

	return read_end(tree, pid, &parent) == 1 && has_pid(tree, parent);
}

ssize_t tree_unwaited(const struct tree *tree, pid_t **list)
{
	ssize_t count = 0;

	*list = calloc(tree->count + 1, sizeof(**list));
	if (!*list)
		return -1;
	for (size_t i = 0; i < tree->count; i++) {
		if (is_unwaited(tree, tree->pids[i]))
			(*list)[count++] = tree->pids[i];
	}
	return count;
}

bool tree_is_traced(int proc, pid_t pid)
{
	static const char tracer[] = "\nTracerPid:";
	cleanup_free char *path = str_printf("%d/status", pid);
	cleanup_free char *text = path ? read_proc(proc, path) : NULL;
	const char *found = text ? strstr(text, tracer) : NULL;

	return found && atoi(found + strlen(tracer)) != 0;
}

char *tree_process_name(const struct tree *tree, pid_t pid)
{
	cleanup_free char *path = str_printf("%d/comm", pid);
	char *name = path ? read_proc(tree->proc, path) : NULL;

	if (name)
		name[strcspn(name, "\n")] = '\0';
	return name;
}
