// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "store/generation.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "store/digest.h"
#include "store/user_file.h"

#define TMP_SUFFIX ".tmp"
#define OLD_SUFFIX ".old"

/* The number in a directory's name "N", "N.tmp" or "N.old", and which suffix; or 0. */
static unsigned int parse_name(const char *name, const char **suffix)
{
	cleanup_free char *digits = strndup(name, strspn(name, "0123456789"));
	unsigned long long number;

	if (!digits || str_to_ull(digits, UINT_MAX, &number) < 0 || *digits == '0')
		return 0;
	*suffix = name + strlen(digits);
	if (**suffix && strcmp(*suffix, TMP_SUFFIX) != 0 &&
	    strcmp(*suffix, OLD_SUFFIX) != 0)
		return 0;
	return (unsigned int)number;
}

struct name_list {
	unsigned int *numbers; /* of committed generations */
	size_t count;
	char **leftovers; /* names of N.tmp and N.old */
	size_t nleftovers;
	unsigned int highest;
};

static void name_list_free(struct name_list *list)
{
	free(list->numbers);
	for (size_t i = 0; i < list->nleftovers; i++)
		free(list->leftovers[i]);
	free(list->leftovers);
}

#define cleanup_names __attribute__((cleanup(name_list_free)))

/* What is no directory is none, but its number is taken. */
static int name_list_add(struct name_list *list, const char *name, bool is_dir)
{
	const char *suffix;
	unsigned int number = parse_name(name, &suffix);
	void *grown;

	if (number == 0)
		return 0;
	if (number > list->highest)
		list->highest = number;
	if (!is_dir)
		return 0;
	if (*suffix) {
		grown = reallocarray(list->leftovers, list->nleftovers + 1,
				     sizeof(char *));
		if (!grown)
			return -1;
		list->leftovers = grown;
		list->leftovers[list->nleftovers] = strdup(name);
		return list->leftovers[list->nleftovers++] ? 0 : -1;
	}
	grown = reallocarray(list->numbers, list->count + 1, sizeof(unsigned int));
	if (!grown)
		return -1;
	list->numbers = grown;
	list->numbers[list->count++] = number;
	return 0;
}

static int newest_first(const void *a, const void *b)
{
	unsigned int x = *(const unsigned int *)a, y = *(const unsigned int *)b;

	return (x < y) - (x > y);
}

static int read_names(const struct folder *folder, struct name_list *list,
		      struct error *e)
{
	cleanup_closedir DIR *dir = file_open_dir(folder->fd, ".");
	struct dirent *d;

	if (!dir)
		return error_sys(e, "%s", folder->path);
	while ((d = file_next(dir))) {
		if (name_list_add(list, d->d_name, file_is_dir(dirfd(dir), d)) < 0)
			return error_sys(e, "%s", folder->path);
		if (user_dirs_check(USER_DIRS_GENERATIONS, list->count + list->nleftovers,
				    folder->path, e) < 0)
			return -1;
	}
	if (errno)
		return error_sys(e, "%s", folder->path);
	if (list->count)
		qsort(list->numbers, list->count, sizeof(unsigned int), newest_first);
	return 0;
}

int generation_begin(struct generation *gen, struct folder *folder, struct error *e)
{
	cleanup_names struct name_list names = { 0 };
	cleanup_free char *name = NULL;

	*gen = (struct generation){ .fd = -1 };
	if (read_names(folder, &names, e) < 0)
		return -1;
	gen->number = names.highest + 1;
	name = str_printf("%u" TMP_SUFFIX, gen->number);
	if (!name)
		return error_sys(e, "%s", folder->path);
	gen->fd = file_make_dir(folder->fd, name, e);
	return gen->fd < 0 ? error_prefix(e, "in %s", folder->path) : 0;
}

int generation_create(struct generation *gen, const char *name, struct error *e)
{
	int fd = openat(gen->fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
			0600);

	return fd < 0 ? error_sys(e, "%s", name) : fd;
}

int generation_put(struct generation *gen, const char *name, const void *data,
		   size_t size, struct error *e)
{
	cleanup_close int fd = generation_create(gen, name, e);
	char hex[DIGEST_HEX + 1];

	if (fd < 0)
		return -1;
	digest_of(data, size, hex);
	if (file_write_all(fd, data, size) < 0 ||
	    manifest_add_file(&gen->manifest, name, size, hex) < 0)
		return error_sys(e, "%s", name);
	return 0;
}

static int sync_files(const struct generation *gen, struct error *e)
{
	for (size_t i = 0; i < gen->manifest.nfiles; i++) {
		const char *name = gen->manifest.files[i].name;
		cleanup_close int fd = openat(gen->fd, name, O_RDONLY | O_CLOEXEC);

		if (fd < 0 || fsync(fd) < 0)
			return error_sys(e, "%s", name);
	}
	return 0;
}

int generation_commit(struct generation *gen, struct folder *folder, struct error *e)
{
	cleanup_free char *tmp = str_printf("%u" TMP_SUFFIX, gen->number);
	cleanup_free char *name = str_printf("%u", gen->number);
	cleanup_free char *text = NULL;
	size_t size = 0;

	text = manifest_encode(&gen->manifest, &size);
	if (!tmp || !name || !text)
		return error_sys(e, "%s", folder->path);
	if (sync_files(gen, e) < 0 ||
	    file_replace(gen->fd, GENERATION_MANIFEST, text, size, 0600, e) < 0 ||
	    folder_check_ours(folder, e) < 0)
		return error_prefix(e, "%s/%s", folder->path, tmp);
	if (renameat(folder->fd, tmp, folder->fd, name) < 0)
		return error_sys(e, "%s/%s", folder->path, name);
	return file_sync(folder->fd, folder->path, e);
}

int generation_open(struct generation *gen, const struct folder *folder,
		    unsigned int number, struct error *e)
{
	cleanup_free char *name = str_printf("%u", number);

	*gen = (struct generation){ .number = number, .fd = -1 };
	if (!name)
		return error_sys(e, "generation %u", number);
	gen->fd =
		openat(folder->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (gen->fd < 0)
		return error_sys(e, "generation %u", number);
	if (manifest_read(&gen->manifest, gen->fd, GENERATION_MANIFEST,
			  USER_FILE_MANIFEST, e) < 0)
		return error_prefix(e, "generation %u", number);
	return 0;
}

/* Bytes of a file that its owner has for nothing. */
static uint64_t free_bytes(const struct stat *st)
{
	uint64_t on_disk = (uint64_t)st->st_blocks * 512;

	if (st->st_nlink > 1)
		return (uint64_t)st->st_size;
	return (uint64_t)st->st_size > on_disk ? (uint64_t)st->st_size - on_disk : 0;
}

/* What can be said without reading it. */
static int check_size(const struct manifest_file *f, int fd, uint64_t *left,
		      struct error *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_sys(e, "%s", f->name);
	if (!S_ISREG(st.st_mode))
		return error_set(e, "%s: is not a regular file", f->name);
	if ((uint64_t)st.st_size != f->size)
		return error_set(e, "%s: has %llu bytes instead of %llu", f->name,
				 (unsigned long long)st.st_size,
				 (unsigned long long)f->size);
	if (!left)
		return 0;
	if (free_bytes(&st) > *left)
		return error_set(
			e,
			"%s: is not read by root, as it has %s and takes less room "
			"than that; its owner can verify it",
			f->name, str_size(f->size).text);
	*left -= free_bytes(&st);
	return 0;
}

static int verify_file(const struct generation *gen, const struct manifest_file *f,
		       uint64_t *left, struct error *e)
{
	/* O_NONBLOCK: a pipe in the file's place would be waited for. */
	cleanup_close int fd =
		openat(gen->fd, f->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	char hex[DIGEST_HEX + 1];
	uint64_t size;

	if (fd < 0)
		return error_sys(e, "%s", f->name);
	if (check_size(f, fd, left, e) < 0 ||
	    digest_of_fd(fd, f->name, f->size + 1, hex, &size, e) < 0)
		return -1;
	/* It may have grown since it was looked at. */
	if (size != f->size || strcmp(hex, f->digest) != 0)
		return error_set(e, "%s: its content has changed", f->name);
	return 0;
}

bool generation_is_elsewhere(const struct generation *gen, const char *here)
{
	const char *saved = manifest_get(&gen->manifest, "node");

	return saved && here && strcmp(saved, here) != 0;
}

int generation_verify_within(const struct generation *gen, uint64_t *left,
			     struct error *e)
{
	for (size_t i = 0; i < gen->manifest.nfiles; i++) {
		if (verify_file(gen, &gen->manifest.files[i], left, e) < 0)
			return error_prefix(e, "generation %u", gen->number);
	}
	return 0;
}

int generation_verify(const struct generation *gen, struct error *e)
{
	return generation_verify_within(gen, NULL, e);
}

int generation_list(const struct folder *folder, unsigned int **numbers, size_t *count,
		    struct error *e)
{
	cleanup_names struct name_list names = { 0 };

	*numbers = NULL;
	*count = 0;
	if (read_names(folder, &names, e) < 0)
		return -1;
	*count = names.count;
	*numbers = take_ptr(names.numbers);
	return 0;
}

bool generation_any(const struct folder *folder)
{
	cleanup_free unsigned int *numbers = NULL;
	size_t count = 0;

	return generation_list(folder, &numbers, &count, NULL) < 0 || count > 0;
}

/* Under another name first, so that a half removed generation is never taken for one. */
int generation_remove(const struct folder *folder, unsigned int number, struct error *e)
{
	cleanup_free char *name = str_printf("%u", number);
	cleanup_free char *old = str_printf("%u" OLD_SUFFIX, number);

	if (!name || !old || renameat(folder->fd, name, folder->fd, old) < 0)
		return error_sys(e, "%s/%u", folder->path, number);
	return file_remove_tree(folder->fd, old, e);
}

static int clean(const struct folder *folder, const struct name_list *names,
		 struct error *e)
{
	for (size_t i = 0; i < names->nleftovers; i++) {
		if (file_remove_tree(folder->fd, names->leftovers[i], e) < 0)
			return -1;
	}
	return 0;
}

/* Of all generations in the folder that is open at fd. */
static uint64_t bytes_in(const struct folder *folder)
{
	cleanup_names struct name_list names = { 0 };
	uint64_t bytes = 0;

	if (read_names(folder, &names, NULL) < 0)
		return 0;
	for (size_t i = 0; i < names.count; i++) {
		struct generation gen;

		if (generation_open(&gen, folder, names.numbers[i], NULL) == 0)
			bytes += manifest_bytes(&gen.manifest);
		generation_close(&gen);
	}
	return bytes;
}

int generation_bytes_beside(const struct folder *folder, uint64_t *bytes, struct error *e)
{
	cleanup_closedir DIR *dir = file_open_dir(folder->fd, "..");
	struct dirent *d;

	if (!dir)
		return error_sys(e, "%s/..", folder->path);
	*bytes = 0;
	while ((d = file_next(dir))) {
		struct folder beside = { .path = folder->path };

		if (d->d_name[0] == '.')
			continue;
		beside.fd = openat(dirfd(dir), d->d_name,
				   O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (beside.fd < 0)
			continue;
		*bytes += bytes_in(&beside);
		close(beside.fd);
	}
	return errno ? error_sys(e, "%s/..", folder->path) : 0;
}

/* Of as many as root looks at. */
static uint64_t bytes_of_files(const struct folder *folder, const char *name)
{
	int fd =
		openat(folder->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	cleanup_closedir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	uint64_t bytes = 0;
	struct dirent *d;
	struct stat st;
	size_t count = 0;

	while (dir && (d = readdir(dir)) &&
	       user_dirs_check(USER_DIRS_IMAGES, count++, name, NULL) == 0) {
		if (fstatat(dirfd(dir), d->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(st.st_mode))
			bytes += (uint64_t)st.st_size;
	}
	return bytes;
}

uint64_t generation_bytes_half_written(const struct folder *folder)
{
	cleanup_names struct name_list names = { 0 };
	uint64_t bytes = 0;

	if (read_names(folder, &names, NULL) < 0)
		return 0;
	for (size_t i = 0; i < names.nleftovers; i++) {
		if (strstr(names.leftovers[i], TMP_SUFFIX))
			bytes += bytes_of_files(folder, names.leftovers[i]);
	}
	return bytes;
}

int generation_clean(const struct folder *folder, struct error *e)
{
	cleanup_names struct name_list names = { 0 };

	return read_names(folder, &names, e) < 0 ? -1 : clean(folder, &names, e);
}

int generation_retire(const struct folder *folder, unsigned int keep, struct error *e)
{
	cleanup_names struct name_list names = { 0 };

	if (read_names(folder, &names, e) < 0 || clean(folder, &names, e) < 0)
		return -1;
	for (size_t i = keep; i < names.count; i++) {
		if (generation_remove(folder, names.numbers[i], e) < 0)
			return -1;
	}
	return 0;
}

void generation_close(struct generation *gen)
{
	if (gen->fd >= 0)
		close(gen->fd);
	gen->fd = -1;
	manifest_free(&gen->manifest);
}
