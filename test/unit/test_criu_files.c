// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "engine/criu/files.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/elf.h"
#include "base/file.h"
#include "base/str.h"
#include "engine/criu/image.h"
#include "engine/criu/rseq.h"
#include "engine/criu/shown.h"
#include "testing.h"

/* ---- an image, as criu writes it ---- */

struct bytes {
	unsigned char data[4096];
	size_t size;
};

static void put_number(struct bytes *b, uint64_t value, size_t size)
{
	while (size-- > 0) {
		b->data[b->size++] = (unsigned char)value;
		value >>= 8;
	}
}

static void put_varint(struct bytes *b, uint64_t value)
{
	for (; value > 0x7f; value >>= 7)
		b->data[b->size++] = (unsigned char)(value | 0x80);
	b->data[b->size++] = (unsigned char)value;
}

static void put_value(struct bytes *b, unsigned int field, uint64_t value)
{
	put_varint(b, field << 3);
	put_varint(b, value);
}

static void put_inside(struct bytes *b, unsigned int field, const void *data, size_t size)
{
	put_varint(b, field << 3 | 2);
	put_varint(b, size);
	memcpy(b->data + b->size, data, size);
	b->size += size;
}

static void begin(struct bytes *b, uint32_t magic)
{
	*b = (struct bytes){ .size = 0 };
	put_number(b, 0x54564319, 4);
	put_number(b, magic, 4);
}

static void put_entry(struct bytes *b, const struct bytes *entry)
{
	put_number(b, entry->size, 4);
	memcpy(b->data + b->size, entry->data, entry->size);
	b->size += entry->size;
}

/* ---- a generation with files ---- */

struct file {
	const char *path;
	uint64_t id, size; /* 0: no size is known */
	mode_t mode;	   /* 0: none is */
	const struct elf_build_id *build_id;
	bool is_external;
};

static void put_reg(struct bytes *image, const struct file *file)
{
	struct bytes reg = { .size = 0 }, entry = { .size = 0 };

	put_value(&reg, 1, file->id);
	put_value(&reg, 2, 0);
	put_inside(&reg, 6, file->path, strlen(file->path));
	if (file->size)
		put_value(&reg, 8, file->size);
	if (file->is_external)
		put_value(&reg, 9, 1);
	if (file->mode)
		put_value(&reg, 10, file->mode);
	for (size_t i = 0; file->build_id && i < file->build_id->size; i += 4) {
		uint32_t word = 0;

		memcpy(&word, file->build_id->bytes + i, 4);
		put_value(&reg, 11, word);
	}
	put_value(&entry, 1, 1);
	put_value(&entry, 2, file->id);
	put_inside(&entry, 3, reg.data, reg.size);
	put_entry(image, &entry);
}

/* The node where the generation was made; NULL: it does not say. */
static const char *saved_on;

static int check(struct place *p, const struct file *files, size_t count, struct error *e)
{
	struct generation gen = { .fd = p->fd };
	struct engine_job job = { .local = { [MOUNT_TMPDIR] = { "/x", "/own/tmp" } } };
	struct bytes image;
	int rc;

	begin(&image, IMAGE_FILES);
	for (size_t i = 0; i < count; i++)
		put_reg(&image, &files[i]);
	put_bytes(p->fd, "files.img", (const char *)image.data, image.size);
	if (saved_on)
		assert_int_equal(manifest_set(&gen.manifest, "node", "%s", saved_on), 0);
	rc = files_check(&job, &gen, e);
	manifest_free(&gen.manifest);
	return rc;
}

static int read_fd(void *arg, uint64_t offset, void *data, size_t size)
{
	return pread(*(int *)arg, data, size, (off_t)offset) == (ssize_t)size ? 0 : -1;
}

static void what_is_as_it_was_is_right(void **state)
{
	struct place *p = *state;
	cleanup_free char *path = str_printf("%s/data", p->path);
	struct elf_build_id id = { .size = 0 };
	cleanup_close int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct stat data, exe;
	struct error e;

	put_file(p->fd, "data", "12345");
	assert_int_equal(stat(path, &data), 0);
	assert_int_equal(fstat(self, &exe), 0);
	cleanup_free char *own = file_read_link(AT_FDCWD, "/proc/self/exe");
	(void)elf_read_build_id(&id, read_fd, &self);
	const struct file files[] = {
		{ .path = path, .id = 1, .size = 5, .mode = data.st_mode },
		{ .path = own,
		  .id = 2,
		  .size = (uint64_t)exe.st_size,
		  .mode = exe.st_mode,
		  .build_id = &id },
		{ .path = "/", .id = 3 },
		/* Not its files, or not of this node. */
		{ .path = "/own/tmp/x", .id = 4, .size = 1 },
		{ .path = "/proc/100/stat", .id = 5 },
		{ .path = "/nonesuch", .id = 6, .is_external = true },
		{ .path = "relative", .id = 7 },
	};
	assert_int_equal(check(p, files, LENGTH(files), &e), 0);
}

static void what_differs_is_named(void **state)
{
	struct place *p = *state;
	cleanup_free char *path = str_printf("%s/data", p->path);
	cleanup_free char *other = str_printf("%s/other", p->path);
	cleanup_free char *own = file_read_link(AT_FDCWD, "/proc/self/exe");
	const struct elf_build_id id = { .bytes = "another build's idxx", .size = 20 };
	struct error e;
	struct stat st;

	put_file(p->fd, "data", "12345");
	assert_int_equal(stat(path, &st), 0);
	const struct {
		struct file file;
		const char *says;
	} cases[] = {
		{ { .path = other, .id = 1 }, "/other is missing on this node" },
		{ { .path = path, .id = 1, .size = 4 }, "/data is not the same file" },
		{ { .path = path, .id = 1, .size = 4 }, "its size differs" },
		{ { .path = path, .id = 1, .mode = st.st_mode ^ 0111 },
		  "its mode differs" },
		{ { .path = own, .id = 1, .build_id = &id }, "it is another build" },
	};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		assert_int_equal(check(p, &cases[i].file, 1, &e), -1);
		assert_says(&e, cases[i].says);
	}
	const struct file three[] = { cases[0].file, cases[1].file, cases[4].file };
	assert_int_equal(check(p, three, 3, &e), -1);
	assert_says(&e, "/other is missing");
	assert_says(&e, "so are 2 others");
	assert_int_equal(check(p, three, 2, &e), -1);
	assert_says(&e, "so is 1 other");
}

static void what_a_stranger_may_have_put_on_the_node_is_refused(void **state)
{
	static const struct {
		uid_t owner;
		mode_t mode;
		bool linked, refused;
	} cases[] = {
		{ 0, 0755, false, false },	 { 0, 0775, false, true },
		{ 0, 0757, false, true },	 { 0, 0755, true, true },
		{ SOMEBODY, 0755, false, true }, { 1, 0755, false, false },
	};
	struct place *p = *state;
	cleanup_free char *path = str_printf("%s/program", p->path);

	needs_root();
	if (strncmp(path, "/tmp/", 5) != 0)
		skip();
	assert_int_equal(fchmod(p->fd, 0755), 0);
	for (size_t i = 0; i < LENGTH(cases); i++) {
		const struct file file = {
			.path = path, .id = 1, .size = 5, .mode = S_IFREG | cases[i].mode
		};
		struct error e;
		int rc;

		put_file(p->fd, "program", "12345");
		assert_int_equal(fchownat(p->fd, "program", cases[i].owner, 0, 0), 0);
		assert_int_equal(fchmodat(p->fd, "program", cases[i].mode, 0), 0);
		if (cases[i].linked)
			assert_int_equal(linkat(p->fd, "program", p->fd, "other", 0), 0);
		put_file(p->fd, "files.img", "");
		assert_int_equal(fchownat(p->fd, "files.img", 1, 0, 0), 0);
		assert_int_equal(fchown(p->fd, 1, 0), 0);
		become(1);
		rc = check(p, &file, 1, &e);
		become(0);
		assert_int_equal(fchown(p->fd, 0, 0), 0);
		assert_int_equal(rc, cases[i].refused ? -1 : 0);
		if (cases[i].refused)
			assert_says(&e, "may be a stranger's on this node");
		assert_int_equal(unlinkat(p->fd, "program", 0), 0);
		(void)unlinkat(p->fd, "other", 0);
	}
	/* And of a directory that is a stranger's. */
	put_file(p->fd, "program", "12345");
	assert_int_equal(fchown(p->fd, SOMEBODY, 0), 0);
	const struct file file = { .path = path, .id = 1, .size = 5 };
	struct error e;
	assert_int_equal(check(p, &file, 1, &e), -1);
	assert_says(&e, "may be a stranger's on this node");
	assert_int_equal(fchown(p->fd, 0, 0), 0);
}

/* A node's own disk, in a directory where everybody makes files, as /scratch. */
static void what_another_node_has_in_its_own_directory_may_be_a_strangers(void **state)
{
	char dir[] = "scratch.XXXXXX";
	struct place *p = *state;
	cleanup_free char *place = NULL, *path = NULL;
	struct error e;
	int rc[2];

	needs_root();
	assert_non_null(mkdtemp(dir));
	assert_int_equal(chmod(dir, 01777), 0);
	place = realpath(dir, NULL);
	path = str_printf("%s/program", place);
	put_file(AT_FDCWD, path, "12345");
	assert_int_equal(chown(path, SOMEBODY, 0), 0);
	const struct file file = { .path = path, .id = 1, .size = 5 };
	setenv("SLURMD_NODENAME", "n1", 1);
	saved_on = "n1";
	rc[0] = check(p, &file, 1, &e);
	saved_on = "n2";
	rc[1] = check(p, &file, 1, &e);
	saved_on = NULL;
	unsetenv("SLURMD_NODENAME");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(rc[0], 0);
	assert_int_equal(rc[1], -1);
	assert_says(&e, "may be a stranger's on this node");
}

static void what_is_the_jobs_own_is_known_by_its_former_number(void **state)
{
	static const struct {
		const char *path;
		bool own;
	} cases[] = {
		{ "50/tmp/five", true },    { "49/tmp/five", true },
		{ "49/tmp/a/tmp/b", true }, { "49/tmpfive", false },
		{ "49/other/five", false }, { "48/tmp/five", false },
	};
	struct place *p = *state;
	cleanup_free char *target = str_printf("%s/50/tmp", p->path);
	const struct generation gen = { .fd = p->fd };
	const struct engine_job job = { .local = { [MOUNT_TMPDIR] = { "/x", target } } };

	assert_int_equal(mkdirat(p->fd, "50", 0700), 0);
	assert_int_equal(mkdirat(p->fd, "48", 0700), 0);
	assert_int_equal(symlinkat("50", p->fd, "49"), 0);
	for (size_t i = 0; i < LENGTH(cases); i++) {
		cleanup_free char *path = str_printf("%s/%s", p->path, cases[i].path);
		const struct file file = { .path = path, .id = 1 };
		struct bytes image;
		struct error e;

		begin(&image, IMAGE_FILES);
		put_reg(&image, &file);
		put_bytes(p->fd, "files.img", (const char *)image.data, image.size);
		assert_int_equal(files_check(&job, &gen, &e), cases[i].own ? 0 : -1);
	}
}

static void a_file_without_a_name_is_not_looked_for(void **state)
{
	struct place *p = *state;
	const struct file files[] = { { .path = "/nonesuch/a", .id = 7 } };
	struct bytes image, entry = { .size = 0 };
	struct error e;

	assert_int_equal(check(p, files, 1, &e), -1);
	begin(&image, IMAGE_REMAP);
	put_value(&entry, 1, 7);
	put_value(&entry, 2, 1);
	put_entry(&image, &entry);
	put_bytes(p->fd, "remap-fpath.img", (const char *)image.data, image.size);
	assert_int_equal(check(p, files, 1, &e), 0);
}

static void what_it_writes_is_put_back_and_not_compared(void **state)
{
	struct place *p = *state;
	struct generation gen = { .fd = p->fd };
	const struct engine_job job = { .job = 1 };
	const struct file file = { .path = "/nonesuch/out", .id = 1 };
	struct bytes image;
	struct error e;

	begin(&image, IMAGE_FILES);
	put_reg(&image, &file);
	put_bytes(p->fd, "files.img", (const char *)image.data, image.size);
	assert_int_equal(files_check(&job, &gen, &e), -1);
	assert_int_equal(manifest_add_output(&gen.manifest, "/nonesuch/out", 5, NULL), 0);
	assert_int_equal(files_check(&job, &gen, &e), 0);
	manifest_free(&gen.manifest);
}

/* criu will say what is wrong with them. */
static void images_that_cannot_be_read_are_left_to_criu(void **state)
{
	struct place *p = *state;
	const struct generation gen = { .fd = p->fd };
	const struct engine_job job = { .job = 1 };
	const struct file file = { .path = "/nonesuch/x", .id = 1 };
	struct bytes image;
	struct error e;

	assert_int_equal(files_check(&job, &gen, &e), 0);
	begin(&image, IMAGE_FILES);
	put_reg(&image, &file);
	for (size_t size = 0; size < image.size; size++) {
		put_bytes(p->fd, "files.img", (const char *)image.data, size);
		assert_int_equal(files_check(&job, &gen, &e), 0);
	}
	put_bytes(p->fd, "files.img", (const char *)image.data, image.size);
	assert_int_equal(files_check(&job, &gen, &e), -1);
	/* Whatever stands there, nothing outside of it is read (with sanitizers). */
	for (size_t at = 8; at < image.size; at++) {
		struct bytes changed = image;

		changed.data[at] = 0xff;
		put_bytes(p->fd, "files.img", (const char *)changed.data, changed.size);
		(void)files_check(&job, &gen, &e);
	}
}

/* What criu sees of a generation with these files, of which the first is an output. */
static void hide(struct place *p, const struct file *files, size_t count,
		 struct bytes *seen)
{
	struct folder folder = { .path = p->path };
	const struct engine_job job = { .folder = &folder, .scratch = p->path };
	struct generation gen = { .number = 1 };
	cleanup_free char *path = NULL, *text = NULL;
	cleanup_close int dir = -1;
	struct bytes image;
	struct error e;
	size_t size;

	assert_int_equal(mkdirat(p->fd, "1", 0700), 0);
	gen.fd = dir = openat(p->fd, "1", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	begin(&image, IMAGE_FILES);
	for (size_t i = 0; i < count; i++)
		put_reg(&image, &files[i]);
	put_bytes(dir, "files.img", (const char *)image.data, image.size);
	put_file(dir, "pages-1.img", "pages");
	assert_int_equal(manifest_add_output(&gen.manifest, files[0].path, 5, NULL), 0);
	path = shown_images(&job, &gen, &e);
	assert_non_null(path);
	assert_string_equal(strrchr(path, '/'), "/restored");
	*seen = (struct bytes){ .size = 0 };
	text = file_read(p->fd, "restored/files.img", sizeof(seen->data), &seen->size,
			 NULL);
	assert_non_null(text);
	memcpy(seen->data, text, seen->size);
	free(text);
	text = file_read(p->fd, "restored/pages-1.img", 100, &size, NULL);
	assert_string_equal(text, "pages");
	manifest_free(&gen.manifest);
}

static void criu_sees_no_size_and_mode_of_what_the_job_was_writing(void **state)
{
	static const struct file given[] = {
		{ .path = "/x/log", .id = 1, .size = 300, .mode = 0100644 },
		{ .path = "/x/other", .id = 2, .size = 300, .mode = 0100644 },
		{ .path = "/x/log", .id = 3, .size = 7 },
		{ .path = "/x/log2", .id = 4, .size = 7 },
	};
	static const struct file expected[] = {
		{ .path = "/x/log", .id = 1 },
		{ .path = "/x/other", .id = 2, .size = 300, .mode = 0100644 },
		{ .path = "/x/log", .id = 3 },
		{ .path = "/x/log2", .id = 4, .size = 7 },
	};
	struct bytes seen, image;

	hide(*state, given, LENGTH(given), &seen);
	begin(&image, IMAGE_FILES);
	for (size_t i = 0; i < LENGTH(expected); i++)
		put_reg(&image, &expected[i]);
	assert_int_equal(seen.size, image.size);
	assert_memory_equal(seen.data, image.data, image.size);
}

/* The image of a thread that has registered so many bytes. */
static void make_core(struct bytes *image, uint64_t registered)
{
	struct bytes rseq = { 0 }, thread = { 0 }, core = { 0 };

	put_value(&rseq, 1, 0x7f59c6a8e680);
	put_value(&rseq, 2, registered);
	put_value(&rseq, 3, 0x53053053);
	put_value(&thread, 1, 33);
	put_inside(&thread, 15, rseq.data, rseq.size);
	put_value(&core, 1, 1);
	put_inside(&core, 5, thread.data, thread.size);
	begin(image, IMAGE_CORE);
	put_entry(image, &core);
}

static void an_old_kernel_is_shown_the_size_of_rseq_that_it_knows(void **state)
{
	struct bytes given, expected;

	(void)state;
	make_core(&given, 33);
	make_core(&expected, 32);
	assert_true(rseq_limit(given.data, given.size));
	assert_memory_equal(given.data, expected.data, expected.size);
	assert_false(rseq_limit(given.data, given.size));
	make_core(&given, 0);
	assert_false(rseq_limit(given.data, given.size));
	make_core(&given, 33);
	for (size_t size = 0; size < given.size; size++)
		(void)rseq_limit(given.data, size); /* nothing outside is read */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(what_is_as_it_was_is_right),
		in_place(what_differs_is_named),
		in_place(what_a_stranger_may_have_put_on_the_node_is_refused),
		in_place(what_another_node_has_in_its_own_directory_may_be_a_strangers),
		in_place(what_is_the_jobs_own_is_known_by_its_former_number),
		in_place(a_file_without_a_name_is_not_looked_for),
		in_place(what_it_writes_is_put_back_and_not_compared),
		in_place(images_that_cannot_be_read_are_left_to_criu),
		cmocka_unit_test(an_old_kernel_is_shown_the_size_of_rseq_that_it_knows),
		in_place(criu_sees_no_size_and_mode_of_what_the_job_was_writing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
