// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/criu/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/elf.h"
#include "base/file.h"
#include "base/local_disk.h"
#include "base/str.h"
#include "engine/criu/image.h"
#include "store/node_dirs.h"
#include "store/node_files.h"
#include "store/way.h"

#define MAX_IMAGE ((size_t)64 << 20) /* bytes: some hundred thousand files */

/* Fields of criu's messages, by their numbers (images/fdinfo.proto, regfile.proto). */
enum { FILE_ENTRY_REG = 3 };
enum {
	REG_ID = 1,
	REG_NAME = 6,
	REG_SIZE = 8,
	REG_EXT = 9,
	REG_MODE = 10,
	REG_BUILD_ID = 11,
};
enum { REMAP_ORIG_ID = 1 }; /* remap-file-path.proto */

/* A file as it was. */
struct used {
	uint64_t id;
	char *path; /* owned */
	bool has_size;
	uint64_t size;
	bool has_mode;
	uint64_t mode;
	bool is_external; /* handed to criu from outside */
	struct elf_build_id build_id;
};

/* ---- what criu has written ---- */

struct text {
	char *data;
	struct image entries;
};

/* -1 if there is no such image, or none that can be read. */
static int open_image(const struct generation *gen, const char *name, uint32_t magic,
		      struct text *text)
{
	size_t size;

	text->data = file_read(gen->fd, name, MAX_IMAGE, &size, NULL);
	return text->data ? image_open(&text->entries, text->data, size, magic) : -1;
}

/* criu keeps it in numbers of four bytes, the lowest first, and fills up with zeros. */
static void add_build_id(struct elf_build_id *id, uint64_t word)
{
	for (int i = 0; i < 4 && id->size < sizeof(id->bytes); i++)
		id->bytes[id->size++] = (unsigned char)(word >> 8 * i);
}

static int read_reg(struct image fields, struct used *used)
{
	struct image_field f;
	int rc;

	*used = (struct used){ 0 };
	while ((rc = image_field(&fields, &f)) > 0) {
		if (f.number == REG_ID)
			used->id = f.value;
		else if (f.number == REG_NAME && !used->path)
			used->path = strndup((const char *)f.inside.at, f.inside.left);
		else if (f.number == REG_EXT)
			used->is_external = f.value != 0;
		else if (f.number == REG_BUILD_ID)
			add_build_id(&used->build_id, f.value);
		if (f.number == REG_SIZE) {
			used->has_size = true;
			used->size = f.value;
		} else if (f.number == REG_MODE) {
			used->has_mode = true;
			used->mode = f.value;
		}
	}
	return rc;
}

/* The next regular file: 1; 0 at the end. Its path is the caller's. */
static int next_used(struct image *entries, struct used *used)
{
	struct image entry;

	while (image_next(entries, &entry) > 0) {
		struct image_field f;

		while (image_field(&entry, &f) > 0) {
			if (f.number != FILE_ENTRY_REG)
				continue;
			if (read_reg(f.inside, used) == 0 && used->path)
				return 1;
			free(used->path);
		}
	}
	return 0;
}

/* Files that had no name any more, which criu has saved, or made a name for. */
struct remapped {
	uint64_t *ids;
	size_t count;
};

static void add_remapped(struct remapped *r, uint64_t id)
{
	void *grown = reallocarray(r->ids, r->count + 1, sizeof(*r->ids));

	if (!grown)
		return;
	r->ids = grown;
	r->ids[r->count++] = id;
}

static void read_remapped(const struct generation *gen, struct remapped *r)
{
	struct text text = { 0 };
	struct image entry;
	struct image_field f;

	if (open_image(gen, "remap-fpath.img", IMAGE_REMAP, &text) == 0) {
		while (image_next(&text.entries, &entry) > 0) {
			while (image_field(&entry, &f) > 0) {
				if (f.number == REMAP_ORIG_ID)
					add_remapped(r, f.value);
			}
		}
	}
	free(text.data);
}

static bool is_remapped(const struct remapped *r, uint64_t id)
{
	for (size_t i = 0; i < r->count; i++) {
		if (r->ids[i] == id)
			return true;
	}
	return false;
}

/* ---- what is here ---- */

static bool is_below(const char *dir, const char *path)
{
	size_t length = strlen(dir);

	return !strncmp(path, dir, length) && (path[length] == '/' || !path[length]);
}

static bool is_same_dir(const char *a, const char *b)
{
	struct stat one, other;

	return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev &&
	       one.st_ino == other.st_ino;
}

/*
 * Is it below dir by the name of a former job? Where a job goes on as another one, a link
 * leads from its former folder to the one that it has now.
 */
static bool is_below_former(const char *dir, const char *path)
{
	const char *slash = strrchr(dir, '/');
	cleanup_free char *parent = slash ? strndup(dir, (size_t)(slash - dir)) : NULL;
	size_t length = slash ? strlen(slash) : 0;

	if (!parent || !*parent)
		return false;
	for (const char *at = path; (at = strstr(at, slash)); at++) {
		cleanup_free char *above = strndup(path, (size_t)(at - path));

		if ((at[length] == '/' || !at[length]) && above && *above &&
		    is_same_dir(above, parent))
			return true;
	}
	return false;
}

/* Is it the job's own, or made anew with its namespaces? */
static bool is_own(const struct engine_job *job, const char *path)
{
	static const char *const made[] = { "/proc", "/dev/pts", "/dev/shm" };

	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
		if (is_below(made[i], path))
			return true;
	}
	for (int i = 0; i < MOUNTS; i++) {
		const char *target = job->local[i].target;

		if (target && (is_below(target, path) || is_below_former(target, path)))
			return true;
	}
	return false;
}

static int read_at(void *arg, uint64_t offset, void *data, size_t size)
{
	ssize_t n = pread(*(int *)arg, data, size, (off_t)offset);

	if (n >= 0)
		errno = 0;
	return n == (ssize_t)size ? 0 : -1;
}

/* Is it another build? Not if either has no id, which leaves the size. */
static bool is_other_build(int dir, const struct used *used)
{
	cleanup_close int fd = -1;
	struct elf_build_id here;

	if (used->build_id.size == 0)
		return false;
	fd = openat(dir, used->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || elf_read_build_id(&here, read_at, &fd) < 0)
		return false;
	/* Ours is not filled up. */
	return here.size > used->build_id.size || used->build_id.size - here.size >= 4 ||
	       memcmp(here.bytes, used->build_id.bytes, here.size) != 0;
}

struct check {
	const struct engine_job *job;
	const struct generation *gen;
	struct remapped remapped;
	char *first; /* path of the first that differs */
	const char *wrong;
	size_t others;
	bool is_elsewhere; /* it was saved on another node */
};

/*
 * May a stranger have put it there? In a directory that every node has for itself anybody
 * can take a name that is free. Elsewhere it is the job's user who chose to trust others.
 */
static bool may_be_strangers(const struct check *c, const char *path)
{
	struct way way = way_of("");
	cleanup_close int fd = -1;
	struct error why;
	struct stat st;

	if (!node_dirs_hold(path) && !(c->is_elsewhere && local_disk(path)))
		return false;
	way.tolerant = true;
	fd = way_open_file(&way, path, O_PATH, &why);
	if (fd < 0 || fstat(fd, &st) < 0)
		return errno == EPERM;
	/* The path was free of links when it was saved. */
	return S_ISLNK(st.st_mode) ||
	       (S_ISREG(st.st_mode) && way_check_file(&way, path, &st, true, &why) < 0);
}

/* What is wrong with it here; NULL: nothing. */
static const char *look_at(const struct check *c, const struct used *used)
{
	struct stat st;

	if (stat(used->path, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR
			       ? "is missing on this node, and the job was using it when "
				 "it was saved"
			       : NULL;
	if (may_be_strangers(c, used->path))
		return "may be a stranger's on this node: it, or a directory on the way "
		       "to "
		       "it, belongs to another user, or others can write to it, or it "
		       "has "
		       "another name as well; have it removed";
	if (used->has_size && S_ISREG(st.st_mode) && (uint64_t)st.st_size != used->size)
		return "is not the same file on this node as when the job was saved: its "
		       "size differs";
	if (is_other_build(AT_FDCWD, used))
		return "is not the same file on this node as when the job was saved: it "
		       "is another build";
	if (used->has_mode && st.st_mode != used->mode)
		return "is not the same file on this node as when the job was saved: its "
		       "mode differs";
	return NULL;
}

static int complain(const char *path, const char *wrong, size_t others, struct error *e)
{
	cleanup_free char *shown = strdup(path);

	if (shown)
		str_make_printable(shown);
	if (others == 0)
		return error_set(e, "%s %s", shown ? shown : path, wrong);
	return error_set(e, "%s %s; so %s %zu other%s", shown ? shown : path, wrong,
			 others == 1 ? "is" : "are", others, others == 1 ? "" : "s");
}

/* It is put back as it was, or made again. */
static bool is_output(const struct generation *gen, const char *path)
{
	for (size_t i = 0; i < gen->manifest.noutputs; i++) {
		if (!strcmp(gen->manifest.outputs[i].path, path))
			return true;
	}
	return node_dirs_noted(&gen->manifest, path);
}

static void check_one(struct check *c, struct used *used)
{
	const char *wrong;

	if (*used->path != '/' || used->is_external || is_own(c->job, used->path) ||
	    is_output(c->gen, used->path) || is_remapped(&c->remapped, used->id))
		return;
	/* A copy takes its place, if there is one. */
	if (node_files_has(&c->gen->manifest, used->path) &&
	    access(used->path, F_OK) == 0)
		return;
	wrong = look_at(c, used);
	if (!wrong || (c->first && !strcmp(c->first, used->path)))
		return;
	if (c->first) {
		c->others++;
		return;
	}
	c->wrong = wrong;
	c->first = take_ptr(used->path);
}

int files_check(const struct engine_job *job, const struct generation *gen,
		struct error *e)
{
	struct check c = { .job = job,
			   .gen = gen,
			   .is_elsewhere = generation_is_elsewhere(
				   gen, getenv("SLURMD_NODENAME")) };
	struct text text = { 0 };
	struct used used;
	int rc;

	read_remapped(gen, &c.remapped);
	if (open_image(gen, "files.img", IMAGE_FILES, &text) == 0) {
		while (next_used(&text.entries, &used) > 0) {
			check_one(&c, &used);
			free(used.path);
		}
	}
	rc = c.first ? complain(c.first, c.wrong, c.others, e) : 0;
	free(text.data);
	free(c.first);
	free(c.remapped.ids);
	return rc;
}
