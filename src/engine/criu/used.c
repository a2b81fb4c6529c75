// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/criu/used.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"

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

/* -1 if there is no such image, or none that can be read. */
static int open_image(const struct generation *gen, const char *name, uint32_t magic,
		      char **data, struct image *entries)
{
	size_t size;

	*data = file_read(gen->fd, name, MAX_IMAGE, &size, NULL);
	return *data ? image_open(entries, *data, size, magic) : -1;
}

/* criu keeps it in numbers of four bytes, the lowest first, and fills up with zeros. */
static void add_build_id(struct elf_build_id *id, uint64_t word)
{
	for (int i = 0; i < 4 && id->size < sizeof(id->bytes); i++)
		id->bytes[id->size++] = (unsigned char)(word >> 8 * i);
}

static int read_reg(struct image fields, struct used_file *used)
{
	struct image_field f;
	int rc;

	*used = (struct used_file){ 0 };
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

/* ---- files that had no name any more, which criu has saved, or made a name for ---- */

static void add_remapped(struct used *u, uint64_t id)
{
	void *grown = reallocarray(u->remapped, u->nremapped + 1, sizeof(*u->remapped));

	if (!grown)
		return;
	u->remapped = grown;
	u->remapped[u->nremapped++] = id;
}

static void read_remapped(struct used *u, const struct generation *gen)
{
	struct image entries, entry;
	struct image_field f;
	char *data;

	if (open_image(gen, "remap-fpath.img", IMAGE_REMAP, &data, &entries) == 0) {
		while (image_next(&entries, &entry) > 0) {
			while (image_field(&entry, &f) > 0) {
				if (f.number == REMAP_ORIG_ID)
					add_remapped(u, f.value);
			}
		}
	}
	free(data);
}

static bool is_remapped(const struct used *u, uint64_t id)
{
	for (size_t i = 0; i < u->nremapped; i++) {
		if (u->remapped[i] == id)
			return true;
	}
	return false;
}

/* ---- which are found by their paths ---- */

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
 * Is it below dir by the name of a former job? When a job continues as another one, a link
 * leads from its former folder to its present one.
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

bool used_is_found_by_path(const struct used_file *file, const struct engine_job *job)
{
	return *file->path == '/' && !file->is_external && !file->is_remapped &&
	       !is_own(job, file->path);
}

struct way used_way(void)
{
	struct way way = way_of("");

	way.tolerant = true;
	return way;
}

/* ---- all of them ---- */

int used_open(struct used *u, const struct generation *gen)
{
	*u = (struct used){ 0 };
	read_remapped(u, gen);
	return open_image(gen, "files.img", IMAGE_FILES, &u->data, &u->entries);
}

int used_next(struct used *u, struct used_file *file)
{
	struct image entry;

	while (image_next(&u->entries, &entry) > 0) {
		struct image_field f;

		while (image_field(&entry, &f) > 0) {
			if (f.number != FILE_ENTRY_REG)
				continue;
			if (read_reg(f.inside, file) == 0 && file->path) {
				file->is_remapped = is_remapped(u, file->id);
				return 1;
			}
			free(file->path);
		}
	}
	return 0;
}

void used_close(struct used *u)
{
	free(u->data);
	free(u->remapped);
	*u = (struct used){ 0 };
}
