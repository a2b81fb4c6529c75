// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "testing.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"

#define TEST_LASTS 60 /* seconds at most, also under sanitizers on a busy machine */

static unsigned int count_descriptors(void)
{
	unsigned int count = 0;

	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

int place_make(void **state)
{
	const char *tmp = getenv("TMPDIR");
	struct place *place = calloc(1, sizeof(*place));

	if (!place)
		return -1;
	place->umask = umask(022);
	place->descriptors = count_descriptors();
	place->path = str_printf("%s/unit-XXXXXX", tmp ? tmp : "/tmp");
	if (!place->path || !mkdtemp(place->path))
		return -1;
	place->fd = open(place->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = place;
	alarm(TEST_LASTS);
	return place->fd < 0 ? -1 : 0;
}

int place_remove(void **state)
{
	struct place *place = *state;
	struct error e;
	int rc;

	alarm(0);
	if (geteuid() != getuid() && seteuid(getuid()) < 0)
		return -1;
	umask(place->umask);
	close(place->fd);
	rc = file_remove_tree(AT_FDCWD, place->path, &e);
	if (rc < 0)
		fprintf(stderr, "%s\n", e.text);
	if (count_descriptors() != place->descriptors) {
		fprintf(stderr, "descriptors: %u before the test, %u after it\n",
			place->descriptors, count_descriptors());
		rc = -1;
	}
	free(place->path);
	free(place);
	return rc;
}

const char *place_path(const struct place *place, const char *name)
{
	static char paths[4][256];
	static unsigned int next;
	char *path = paths[next++ % LENGTH(paths)];

	assert_true(snprintf(path, sizeof(paths[0]), "%s/%s", place->path, name) <
		    (int)sizeof(paths[0]));
	return path;
}

void needs_root(void)
{
	if (geteuid() == 0)
		return;
	print_message("skipped: only root can make files that belong to others\n");
	skip();
}

void become(uid_t user)
{
	assert_int_equal(seteuid(user), 0);
}

void put_bytes(int dirfd, const char *name, const void *data, size_t size)
{
	cleanup_close int fd =
		openat(dirfd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(file_write_all(fd, data, size), 0);
}

void put_file(int dirfd, const char *name, const char *text)
{
	put_bytes(dirfd, name, text, strlen(text));
}

void flip_bit(int dirfd, const char *name, off_t at)
{
	cleanup_close int fd = openat(dirfd, name, O_RDWR | O_CLOEXEC);
	char byte;

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &byte, 1, at), 1);
	byte ^= 1;
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
}

bool exists(int dirfd, const char *name)
{
	struct stat st;

	return fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

struct stat stat_of(int dirfd, const char *name)
{
	struct stat st;

	assert_int_equal(fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	return st;
}

/* ---- the store ---- */

void make_folder(const struct place *place, unsigned int job, struct folder *folder)
{
	struct error e;

	if (folder_make(folder, place->path, "u", "c", job, &e) < 0)
		fail_msg("%s", e.text);
}

void make_generation(const struct place *place, struct folder *folder,
		     struct generation *gen)
{
	make_folder(place, 7, folder);
	begin_generation(folder, gen);
}

void begin_generation(struct folder *folder, struct generation *gen)
{
	struct error e;

	if (generation_begin(gen, folder, &e) < 0)
		fail_msg("%s", e.text);
}

void commit_generation(struct folder *folder, struct generation *gen)
{
	struct error e;

	if (generation_commit(gen, folder, &e) < 0)
		fail_msg("%s", e.text);
}

void add_file(struct generation *gen, const char *name, const void *data, size_t size)
{
	char hex[DIGEST_HEX + 1];
	struct error e;
	cleanup_close int fd = generation_create(gen, name, &e);

	assert_true(fd >= 0);
	assert_int_equal(file_write_all(fd, data, size), 0);
	digest_of(data, size, hex);
	assert_int_equal(manifest_add_file(&gen->manifest, name, size, hex), 0);
}

void commit_bytes(struct folder *folder, uint64_t bytes)
{
	cleanup_generation struct generation gen;
	char hex[DIGEST_HEX + 1];

	begin_generation(folder, &gen);
	put_file(gen.fd, "image", "");
	digest_of("", 0, hex);
	assert_int_equal(manifest_add_file(&gen.manifest, "image", bytes, hex), 0);
	commit_generation(folder, &gen);
}

/* ---- what is expected ---- */

void assert_mode(int dirfd, const char *name, mode_t mode)
{
	assert_int_equal(stat_of(dirfd, name).st_mode & 07777, mode);
}

void assert_content(int dirfd, const char *name, const char *text)
{
	cleanup_close int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC);
	struct stat st = stat_of(dirfd, name);
	cleanup_free char *content = malloc((size_t)st.st_size + 1);

	assert_true(fd >= 0 && content);
	assert_int_equal(file_read_all(fd, content, (size_t)st.st_size), st.st_size);
	content[st.st_size] = '\0';
	assert_string_equal(content, text);
}

void assert_says(const struct error *e, const char *part)
{
	if (!strstr(e->text, part))
		fail_msg("\"%s\" does not say \"%s\"", e->text, part);
}
