// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * images - they are read once more for their digests, since DMTCP writes them itself;
 * they are in the page cache then.
 */
#define _GNU_SOURCE
#include "engine/dmtcp/images.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "engine/dmtcp/dmtcp.h"
#include "store/tmpdir.h"

/* The names that DMTCP gives, and those that they have in a generation. */
#define HALF_WRITTEN ".dmtcp.temp"
#define FILES_DIR    "_files"
#define IMAGE	     ".dmtcp"

/*
 * Into the generation, by another name, since DMTCP's has the program's in it. An empty
 * file is left in its place, which the process is about to rename.
 */
static int move_image(int dir, const char *name, const struct generation *gen,
		      const char *to, struct error *e)
{
	cleanup_close int empty = -1;

	if (renameat(dir, name, gen->fd, to) < 0)
		return error_sys(e, "%s", name);
	empty = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (empty >= 0)
		return 0;
	error_sys(e, "%s", name);
	(void)renameat(gen->fd, to, dir, name);
	return -1;
}

static int take_image(int dir, const char *name, struct generation *gen,
		      unsigned int number, struct error *e)
{
	cleanup_free char *to = str_printf("image-%05u" IMAGE, number);
	char hex[DIGEST_HEX + 1];
	cleanup_close int fd = -1;
	uint64_t size;

	if (!to)
		return error_sys(e, "%s", name);
	if (move_image(dir, name, gen, to, e) < 0)
		return -1;
	fd = openat(gen->fd, to, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || fchmod(fd, 0600) < 0)
		return error_sys(e, "%s", name);
	/* A hint: the disk is at work while they are digested. */
	(void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	if (digest_of_fd(fd, to, UINT64_MAX, hex, &size, e) < 0)
		return -1;
	if (manifest_add_file(&gen->manifest, to, size, hex) < 0)
		return error_sys(e, "%s", to);
	return 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Add to names, which end with NULL. */
static int add_name(char ***names, size_t *count, const char *name)
{
	char **grown = reallocarray(*names, *count + 2, sizeof(*grown));

	if (!grown)
		return -1;
	*names = grown;
	grown[*count] = strdup(name);
	if (!grown[*count])
		return -1;
	grown[++*count] = NULL;
	return 0;
}

/* The names of what DMTCP has written, in order. NULL and errno. */
static char **list_written(int dirfd, size_t *count)
{
	cleanup_closedir DIR *dir = file_open_dir(dirfd, ".");
	char **names = calloc(1, sizeof(*names));
	int rc = dir && names ? 0 : -1;
	struct dirent *entry;

	*count = 0;
	while (rc == 0 && (entry = readdir(dir))) {
		if (str_ends_with(entry->d_name, HALF_WRITTEN) ||
		    str_ends_with(entry->d_name, FILES_DIR))
			rc = add_name(&names, count, entry->d_name);
	}
	if (rc == 0) {
		qsort(names, *count, sizeof(*names), compare);
		return names;
	}
	dmtcp_free_argv(names);
	return NULL;
}

/* Files that are open and have been removed: DMTCP writes them beside the images. */
static int take_files(const struct engine_job *job, struct generation *gen,
		      struct error *e)
{
	cleanup_free char *dir = dmtcp_dir(job);

	if (!dir)
		return error_sys(e, "dmtcp");
	return tmpdir_save(gen, DMTCP_ARCHIVE, dir, e);
}

int images_take(const struct engine_job *job, int dir, struct generation *gen,
		struct error *e)
{
	size_t count;
	char **names = list_written(dir, &count);
	int images = 0, rc = names ? 0 : error_sys(e, "%s/" DMTCP_DIR, job->folder->path);
	bool has_files = false;

	for (size_t i = 0; i < count && rc == 0; i++) {
		if (str_ends_with(names[i], FILES_DIR))
			has_files = true;
		else
			rc = take_image(dir, names[i], gen, (unsigned int)++images, e);
	}
	dmtcp_free_argv(names);
	if (rc == 0 && has_files)
		rc = take_files(job, gen, e);
	return rc < 0 ? -1 : images;
}

uint64_t images_written(int dirfd)
{
	cleanup_closedir DIR *dir = file_open_dir(dirfd, ".");
	uint64_t bytes = 0;
	struct dirent *entry;
	struct stat st;

	while (dir && (entry = readdir(dir))) {
		if (fstatat(dirfd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(st.st_mode))
			bytes += (uint64_t)st.st_size;
	}
	return bytes;
}

char **images_list(const struct engine_job *job, const struct generation *gen,
		   size_t *count)
{
	const struct manifest *m = &gen->manifest;
	char **list = calloc(m->nfiles + 1, sizeof(*list));

	*count = 0;
	for (size_t i = 0; list && i < m->nfiles; i++) {
		if (!str_ends_with(m->files[i].name, IMAGE))
			continue;
		list[*count] = str_printf("%s/%u/%s", job->folder->path, gen->number,
					  m->files[i].name);
		if (!list[(*count)++]) {
			dmtcp_free_argv(list);
			return NULL;
		}
	}
	return list;
}
