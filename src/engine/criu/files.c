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
#include "engine/criu/used.h"
#include "store/node_dirs.h"
#include "store/node_files.h"
#include "store/owners.h"
#include "store/way.h"

static int read_at(void *arg, uint64_t offset, void *data, size_t size)
{
	ssize_t n = pread(*(int *)arg, data, size, (off_t)offset);

	if (n >= 0)
		errno = 0;
	return n == (ssize_t)size ? 0 : -1;
}

/* Is it another build? Not if either has no id, which leaves the size. */
static bool is_other_build(int dir, const struct used_file *used)
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
	struct way way;
	char *first; /* path of the first that differs */
	struct error wrong;
	size_t others;
	bool is_elsewhere; /* it was saved on another node */
	bool is_gone;	   /* the first is, from all nodes */
};

/* In a directory that every node has for itself anybody can take a name that is free. */
static bool is_free_to_take(const struct check *c, const char *path)
{
	return node_dirs_hold(path) || (c->is_elsewhere && local_disk(path));
}

static bool refuse_link(struct error *why)
{
	error_set(why, "is reached by a link of another user's, and was not when the job "
		       "was saved; have the link removed");
	return true;
}

static bool refuse_owner(uid_t owner, struct error *why)
{
	cleanup_free char *name = way_owner_name(owner);

	error_set(why,
		  "belongs to %s, and did not when the job was saved; have it removed",
		  name ? name : "another user");
	return true;
}

/* May a stranger have put it there, and not who had when the job was saved? */
static bool may_be_strangers(const struct check *c, const char *path, struct error *why)
{
	struct way way = c->way;
	cleanup_close int fd = -1;
	struct stat st;

	fd = way_open_file(&way, path, O_PATH, why);
	if (fd < 0 || fstat(fd, &st) < 0)
		return errno == EPERM && refuse_link(why);
	/* The path was free of links when it was saved. */
	if (S_ISLNK(st.st_mode) &&
	    (is_free_to_take(c, path) || !way_trusts(&way, st.st_uid)))
		return refuse_link(why);
	if (S_ISLNK(st.st_mode) && stat(path, &st) < 0)
		return false;
	if (!owners_allow(&c->gen->manifest, &way, path, st.st_uid))
		return refuse_owner(st.st_uid, why);
	/* Whose it was then, and is now, the job has chosen to trust. */
	if (!way_trusts(&way, st.st_uid) && manifest_get(&c->gen->manifest, OWNERS))
		return false;
	if (!is_free_to_take(c, path) || !S_ISREG(st.st_mode) ||
	    way_check_file(&way, path, &st, true, why) == 0)
		return false;
	error_set(why, "may be a stranger's on this node: it, or a directory on the way "
		       "to it, belongs to another user, or others can write to it, or it "
		       "has another name as well; have it removed");
	return true;
}

/* Is the place of a file that is not there one that all nodes have? */
static bool is_shared_place(const char *path)
{
	cleanup_free char *above = strdup(path);
	char *slash;

	while (above && access(above, F_OK) < 0 && (slash = strrchr(above, '/')))
		*slash = '\0';
	return above && *above && !local_disk(above);
}

static bool is_missing(const struct used_file *used, bool *gone, struct error *why)
{
	if (errno != ENOENT && errno != ENOTDIR)
		return false;
	*gone = is_shared_place(used->path);
	if (*gone)
		error_set(why, "is gone, and the job was using it when it was saved; put "
			       "it back");
	else
		error_set(why,
			  "is missing on this node, and the job was using it when it "
			  "was saved");
	return true;
}

/* Is something wrong with it here; and is it gone from all nodes? */
static bool differs(const struct check *c, const struct used_file *used, bool *gone,
		    struct error *why)
{
	const char *what;
	struct stat st;

	if (stat(used->path, &st) < 0)
		return is_missing(used, gone, why);
	if (may_be_strangers(c, used->path, why))
		return true;
	if (used->has_size && S_ISREG(st.st_mode) && (uint64_t)st.st_size != used->size)
		what = "its size differs";
	else if (is_other_build(AT_FDCWD, used))
		what = "it is another build";
	else if (used->has_mode && st.st_mode != used->mode)
		what = "its mode differs";
	else
		return false;
	error_set(why, "is not the same file on this node as when the job was saved: %s",
		  what);
	return true;
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

static void check_one(struct check *c, struct used_file *used)
{
	struct error why;
	bool gone = false;

	if (!used_is_found_by_path(used, c->job) || is_output(c->gen, used->path))
		return;
	/* A copy takes its place, if there is one. */
	if (node_files_has(&c->gen->manifest, used->path) &&
	    access(used->path, F_OK) == 0)
		return;
	if (!differs(c, used, &gone, &why) || (c->first && !strcmp(c->first, used->path)))
		return;
	if (c->first) {
		c->others++;
		return;
	}
	c->wrong = why;
	c->is_gone = gone;
	c->first = take_ptr(used->path);
}

int files_check(const struct engine_job *job, const struct generation *gen,
		struct error *e)
{
	struct check c = { .job = job,
			   .gen = gen,
			   .way = used_way(),
			   .is_elsewhere = generation_is_elsewhere(
				   gen, getenv("SLURMD_NODENAME")) };
	struct used_file file;
	struct used used;
	int rc = used_open(&used, gen);

	while (rc == 0 && used_next(&used, &file) > 0) {
		check_one(&c, &file);
		free(file.path);
	}
	used_close(&used);
	rc = c.first ? complain(c.first, c.wrong.text, c.others, e) : 0;
	free(c.first);
	errno = c.is_gone ? ENOENT : 0;
	return rc;
}
