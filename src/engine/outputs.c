// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/outputs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "store/node_dirs.h"
#include "store/node_files.h"

/* What one file is to all processes together. */
struct used {
	struct engine_file file;
	char *path, *name; /* owned; what tree_open_file() needs of it */
	struct stat st;
	long long
		furthest; /* position of any descriptor that appends; -1: there is none */
};

struct collection {
	const struct tree *tree;
	const struct engine_job *job;
	const char *own_dir;
	struct used *list;
	size_t count;
};

/* ---- which are told ---- */

static bool is_below(const char *dir, const char *path)
{
	size_t length = dir ? strlen(dir) : 0;

	return dir && !strncmp(path, dir, length) && path[length] == '/';
}

/* The engine's, the kernel's, or those of directories that go with the job. */
static bool is_others_business(const struct collection *c, const char *path)
{
	if (is_below(c->job->scratch, path) || is_below(c->own_dir, path) ||
	    is_below("/proc", path) || is_below("/sys", path))
		return true;
	for (int i = 0; i < MOUNTS; i++) {
		const struct engine_mount *mount = &c->job->mounts[i];

		if (mount->source && is_below(mount->target, path))
			return true;
	}
	return false;
}

/* ---- what each is ---- */

static bool is_written(const struct tree_file *file)
{
	return (file->flags & O_ACCMODE) != O_RDONLY;
}

static void merge(struct used *u, const struct tree_file *file)
{
	struct engine_file *f = &u->file;

	if (!is_written(file))
		return;
	f->written = true;
	if (file->mapped || is_below("/dev", file->path)) {
		f->appended = false;
		f->elsewhere = f->elsewhere || !is_below("/dev", file->path);
	} else if (file->flags & O_APPEND) {
		if (file->position > u->furthest)
			u->furthest = file->position;
	} else {
		f->appended = false;
		f->elsewhere = f->elsewhere || file->position != file->st.st_size;
		f->reread = f->reread || (file->flags & O_ACCMODE) == O_RDWR;
	}
}

static struct used *find(const struct collection *c, const struct stat *st)
{
	for (size_t i = 0; i < c->count; i++) {
		if (c->list[i].st.st_dev == st->st_dev &&
		    c->list[i].st.st_ino == st->st_ino)
			return &c->list[i];
	}
	return NULL;
}

static struct used *add(struct collection *c, const struct tree_file *file)
{
	struct used *u = reallocarray(c->list, c->count + 1, sizeof(*u));

	if (!u)
		return NULL;
	c->list = u;
	u = &c->list[c->count++];
	*u = (struct used){ .file = { .appended = true },
			    .st = file->st,
			    .furthest = -1,
			    .path = strdup(file->path),
			    .name = file->dir == AT_FDCWD
					    ? strdup(file->name)
					    : str_printf("%d/fd/%s", (int)file->pid,
							 file->name) };
	return u->path && u->name ? u : NULL;
}

static int collect(void *arg, const struct tree_file *file, struct error *e)
{
	struct collection *c = arg;
	struct used *u;

	if (is_others_business(c, file->path) ||
	    (!is_written(file) && !node_dirs_hold(file->path) &&
	     !node_files_hold(file->path)))
		return 0;
	u = find(c, &file->st);
	if (!u)
		u = add(c, file);
	if (!u)
		return error_sys(e, "%s", file->path);
	merge(u, file);
	return 0;
}

/* ---- working directories that only this node has ---- */

/* More than that stays where it is: bytes, and entries. */
#define DIRECTORY_MAX  ((off_t)64 << 20)
#define DIRECTORY_LOTS 1000

struct walk {
	const struct engine_dump *dump;
	off_t left;
	int entries;
};

static int tell_directory(struct walk *w, const char *path, struct error *e);

static int tell_entry(struct walk *w, const char *path, struct error *e)
{
	cleanup_close int fd =
		open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	const struct engine_file file = { .path = path, .fd = fd };
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || st.st_uid != geteuid())
		return 0;
	if (S_ISDIR(st.st_mode))
		return tell_directory(w, path, e);
	if (!S_ISREG(st.st_mode))
		return 0;
	w->left -= st.st_size;
	return w->left < 0 ? 0 : w->dump->output(w->dump->arg, &file, e);
}

/* With all that is in it, as the program may open that later. */
static int tell_directory(struct walk *w, const char *path, struct error *e)
{
	const struct engine_file file = { .path = path, .fd = -1 };
	cleanup_closedir DIR *dir = file_open_dir(AT_FDCWD, path);
	struct dirent *d;

	if (!dir)
		return 0;
	if (w->dump->output(w->dump->arg, &file, e) < 0)
		return -1;
	while ((d = file_next(dir))) {
		cleanup_free char *below = str_printf("%s/%s", path, d->d_name);

		if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
			continue;
		if (--w->entries < 0)
			return 0;
		if (below && tell_entry(w, below, e) < 0)
			return -1;
	}
	return errno ? error_sys(e, "%s", path) : 0;
}

static int tell_directories(const struct collection *c, const struct engine_dump *dump,
			    struct error *e)
{
	for (size_t i = 0; i < c->tree->count; i++) {
		struct walk w = { dump, DIRECTORY_MAX, DIRECTORY_LOTS };
		cleanup_free char *link = str_printf("%d/cwd", (int)c->tree->pids[i]);
		cleanup_free char *path =
			link ? file_read_link(c->tree->proc, link) : NULL;
		struct stat st;

		if (!path || !node_dirs_hold(path) || is_others_business(c, path) ||
		    lstat(path, &st) < 0 || !S_ISDIR(st.st_mode) ||
		    st.st_uid != geteuid())
			continue;
		if (tell_directory(&w, path, e) < 0)
			return -1;
	}
	return 0;
}

/* ---- all of it ---- */

static int tell(const struct collection *c, struct used *u,
		const struct engine_dump *dump, struct error *e)
{
	const struct tree_file file = { .path = u->path,
					.dir = *u->name == '/' ? AT_FDCWD : c->tree->proc,
					.name = u->name };
	cleanup_close int fd = tree_open_file(&file, e);

	if (fd < 0)
		return u->file.written ? -1 : 0;
	u->file.path = u->path;
	u->file.fd = fd;
	/* Who appends is at the end after each write, until somebody else writes. */
	u->file.shared =
		u->file.appended && u->furthest > 0 && u->furthest < u->st.st_size;
	return dump->output(dump->arg, &u->file, e);
}

int outputs_tell(const struct tree *tree, const struct engine_job *job,
		 const struct engine_dump *dump, const char *own_dir, struct error *e)
{
	struct collection c = { .tree = tree, .job = job, .own_dir = own_dir };
	int rc = tree_visit_files(tree, collect, &c, e);

	for (size_t i = 0; i < c.count; i++) {
		if (rc == 0)
			rc = tell(&c, &c.list[i], dump, e);
		free(c.list[i].path);
		free(c.list[i].name);
	}
	free(c.list);
	if (rc == 0)
		rc = tell_directories(&c, dump, e);
	return rc;
}
