// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "testing.h"

static void a_file_is_read_whole_with_a_zero_after_it(void **state)
{
	static const struct {
		const char *bytes;
		size_t size, max;
	} cases[] = {
		{ "", 0, 0 },
		{ "", 0, 10 },
		{ "text\n", 5, 5 },
		{ "a\0b", 3, 100 },
	};
	struct place *p = *state;

	for (size_t i = 0; i < LENGTH(cases); i++) {
		cleanup_free char *text = NULL;
		size_t size = 99;
		struct error e;

		put_bytes(p->fd, "f", cases[i].bytes, cases[i].size);
		text = file_read(p->fd, "f", cases[i].max, &size, &e);
		assert_non_null(text);
		assert_int_equal(size, cases[i].size);
		assert_memory_equal(text, cases[i].bytes, size);
		assert_int_equal(text[size], 0);
	}
}

static void what_is_no_regular_file_of_the_size_is_not_read(void **state)
{
	static const struct {
		const char *name, *why;
	} cases[] = {
		{ "missing", "missing: No such file or directory" },
		{ "long", "long: not a regular file of at most 4 bytes" },
		{ "dir", "dir: not a regular file" },
		{ "fifo", "fifo: not a regular file" },
	};
	struct place *p = *state;

	put_file(p->fd, "long", "12345");
	assert_int_equal(mkdirat(p->fd, "dir", 0700), 0);
	assert_int_equal(mkfifoat(p->fd, "fifo", 0600), 0);
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct error e;
		size_t size;

		assert_null(file_read(p->fd, cases[i].name, 4, &size, &e));
		assert_says(&e, cases[i].why);
	}
}

/* Those of the kernel's own are of no size until they are read. */
static void a_file_of_proc_is_read_whole(void **state)
{
	cleanup_free char *text = NULL;
	size_t size = 0;
	struct error e;

	if (access("/proc/sys/kernel/pid_max", R_OK) < 0) {
		print_message("skipped: no /proc here\n");
		skip();
	}
	text = file_read(AT_FDCWD, "/proc/sys/kernel/pid_max", 64, &size, &e);
	assert_non_null(text);
	assert_true(size > 1 && size == strlen(text) && atoi(text) > 300);
	assert_null(file_read(AT_FDCWD, "/proc/self/status", 64, &size, &e));
	assert_says(&e, "/proc/self/status: has more than 64 bytes");
}

static void a_file_is_replaced_whole_with_the_mode_asked_for(void **state)
{
	static const mode_t modes[] = { 0600, 0700, 0644 };
	struct place *p = *state;
	struct error e;

	umask(077);
	put_file(p->fd, "f", "an older and longer content");
	for (size_t i = 0; i < LENGTH(modes); i++) {
		ino_t before = stat_of(p->fd, "f").st_ino;

		assert_int_equal(file_replace(p->fd, "f", "new", 3, modes[i], &e), 0);
		assert_content(p->fd, "f", "new");
		assert_mode(p->fd, "f", modes[i]);
		assert_true(stat_of(p->fd, "f").st_ino != before);
		assert_false(exists(p->fd, "f.tmp"));
	}
}

static void a_replacement_that_fails_leaves_the_old_file(void **state)
{
	struct place *p = *state;
	struct error e;

	put_file(p->fd, "f", "old");
	assert_int_equal(file_replace(p->fd, "no/f", "new", 3, 0600, &e), -1);
	assert_int_equal(mkdirat(p->fd, "d", 0700), 0);
	assert_int_equal(mkdirat(p->fd, "d/e", 0700), 0);
	assert_int_equal(file_replace(p->fd, "d", "new", 3, 0600, &e), -1);
	assert_says(&e, "d: ");
	assert_content(p->fd, "f", "old");
}

/* And nobody waits for a pipe. */
static void what_stands_in_the_place_of_the_new_file_is_neither_followed_nor_kept(
	void **state)
{
	struct place *p = *state;
	struct error e = { .text = "" };

	put_file(p->fd, "f", "old");
	put_file(p->fd, "target", "untouched");
	for (int i = 0; i < 4; i++) {
		if (i == 0)
			assert_int_equal(symlinkat("target", p->fd, "f.tmp"), 0);
		else if (i == 1)
			assert_int_equal(mkfifoat(p->fd, "f.tmp", 0600), 0);
		else if (i == 2)
			assert_int_equal(linkat(p->fd, "target", p->fd, "f.tmp", 0), 0);
		else
			assert_int_equal(mkdirat(p->fd, "f.tmp", 0700), 0);
		if (file_replace(p->fd, "f", "new", 3, 0600, &e) < 0)
			fail_msg("%d: %s", i, e.text);
		assert_content(p->fd, "f", "new");
		assert_content(p->fd, "target", "untouched");
		put_file(p->fd, "f", "old");
	}
}

static void a_tree_of_any_depth_is_removed(void **state)
{
	enum { DEPTH = 1500 };
	struct place *p = *state;
	struct error e = { .text = "" };
	int fd = dup(p->fd);

	for (int i = 0; i < DEPTH; i++) {
		int below;

		assert_int_equal(mkdirat(fd, "a-directory-with-a-name", 0700), 0);
		below = openat(fd, "a-directory-with-a-name", O_RDONLY | O_DIRECTORY);
		assert_true(below >= 0);
		put_file(below, "file", "x");
		if (i % 100 == 99)
			assert_int_equal(fchmod(fd, 0500), 0);
		close(fd);
		fd = below;
	}
	close(fd);
	if (file_remove_tree(p->fd, "a-directory-with-a-name", &e) < 0)
		fail_msg("%s", e.text);
	assert_false(exists(p->fd, "a-directory-with-a-name"));
}

static void replacing_a_link_replaces_the_link(void **state)
{
	struct place *p = *state;
	struct error e;

	put_file(p->fd, "target", "untouched");
	assert_int_equal(symlinkat("target", p->fd, "f"), 0);
	assert_int_equal(file_replace(p->fd, "f", "new", 3, 0600, &e), 0);
	assert_true(S_ISREG(stat_of(p->fd, "f").st_mode));
	assert_content(p->fd, "target", "untouched");
}

static void the_first_bytes_are_copied_wherever_the_file_stands(void **state)
{
	static const struct {
		uint64_t size;
		int flags; /* O_APPEND: not for copy_file_range() */
		const char *want;
	} cases[] = {
		{ 10, 0, "0123456789" },	{ 4, 0, "0123" },	 { 0, 0, "" },
		{ 10, O_APPEND, "0123456789" }, { 4, O_APPEND, "0123" },
	};
	struct place *p = *state;
	struct error e;

	put_file(p->fd, "in", "0123456789");
	for (size_t i = 0; i < LENGTH(cases); i++) {
		cleanup_close int in = openat(p->fd, "in", O_RDONLY | O_CLOEXEC);
		cleanup_close int out = openat(
			p->fd, "out",
			O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | cases[i].flags, 0600);

		assert_int_equal(lseek(in, 7, SEEK_SET), 7);
		assert_int_equal(file_copy(in, out, cases[i].size, "in", &e), 0);
		assert_int_equal(lseek(in, 0, SEEK_CUR), 7);
		assert_content(p->fd, "out", cases[i].want);
	}
}

static void a_file_too_short_to_copy_is_an_error(void **state)
{
	struct place *p = *state;
	struct error e;
	cleanup_close int in = -1;
	cleanup_close int out = -1;

	put_file(p->fd, "in", "0123456789");
	in = openat(p->fd, "in", O_RDONLY | O_CLOEXEC);
	out = openat(p->fd, "out", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(file_copy(in, out, 11, "in", &e), -1);
	assert_says(&e, "in: became shorter");
}

/* More than is read at once, and into a pipe, which takes it in pieces. */
static void a_large_file_is_copied_whole(void **state)
{
	enum { SIZE = 3 << 20 };
	struct place *p = *state;
	cleanup_free char *data = malloc(SIZE);
	cleanup_close int in = -1;
	cleanup_close int out = -1;
	cleanup_free char *copied = NULL;
	struct error e;
	size_t size;

	for (size_t i = 0; i < SIZE; i++)
		data[i] = (char)(i * 2654435761u >> 13);
	put_bytes(p->fd, "in", data, SIZE);
	in = openat(p->fd, "in", O_RDONLY | O_CLOEXEC);
	out = openat(p->fd, "out", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	assert_int_equal(file_copy(in, out, SIZE, "in", &e), 0);
	copied = file_read(p->fd, "out", SIZE, &size, &e);
	assert_int_equal(size, SIZE);
	assert_memory_equal(copied, data, SIZE);
}

static void a_directory_is_made_for_its_owner_alone(void **state)
{
	struct place *p = *state;
	struct error e;

	umask(0);
	for (int twice = 0; twice < 2; twice++) {
		cleanup_close int fd = file_make_dir(p->fd, "dir", &e);

		assert_true(fd >= 0);
		assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
		assert_mode(p->fd, "dir", 0700);
	}
	put_file(p->fd, "file", "");
	assert_int_equal(file_make_dir(p->fd, "file", &e), -1);
	assert_int_equal(file_make_dir(p->fd, "no/dir", &e), -1);
	assert_says(&e, "no/dir: No such file");
}

static void a_tree_is_removed_and_nothing_it_points_to(void **state)
{
	struct place *p = *state;
	struct error e;

	assert_int_equal(mkdirat(p->fd, "tree", 0700), 0);
	assert_int_equal(mkdirat(p->fd, "tree/a", 0700), 0);
	assert_int_equal(mkdirat(p->fd, "tree/a/b", 0700), 0);
	assert_int_equal(mkfifoat(p->fd, "tree/a/fifo", 0600), 0);
	put_file(p->fd, "tree/a/b/.hidden", "x");
	assert_int_equal(mkdirat(p->fd, "other", 0700), 0);
	put_file(p->fd, "other/kept", "kept");
	assert_int_equal(symlinkat("../../other", p->fd, "tree/a/link"), 0);
	assert_int_equal(symlinkat("other", p->fd, "link"), 0);

	assert_int_equal(file_remove_tree(p->fd, "tree", &e), 0);
	assert_false(exists(p->fd, "tree"));
	assert_int_equal(file_remove_tree(p->fd, "link", &e), 0);
	assert_false(exists(p->fd, "link"));
	assert_content(p->fd, "other/kept", "kept");
	assert_int_equal(file_remove_tree(p->fd, "tree", &e), 0);
	assert_int_equal(file_remove_tree(p->fd, "other/kept", &e), 0);
	assert_false(exists(p->fd, "other/kept"));
}

/* Some programs write-protect what they unpack: Go's module cache, for one. */
static void a_tree_of_write_protected_directories_is_removed(void **state)
{
	struct place *p = *state;
	struct error e;

	if (geteuid() == 0) {
		assert_int_equal(fchown(p->fd, SOMEBODY, (gid_t)-1), 0);
		become(SOMEBODY);
	}
	assert_int_equal(mkdirat(p->fd, "tree", 0700), 0);
	assert_int_equal(mkdirat(p->fd, "tree/a", 0700), 0);
	put_file(p->fd, "tree/a/file", "x");
	assert_int_equal(fchmodat(p->fd, "tree/a", 0500, 0), 0);
	assert_int_equal(fchmodat(p->fd, "tree", 0500, 0), 0);
	assert_int_equal(file_remove_tree(p->fd, "tree", &e), 0);
	assert_false(exists(p->fd, "tree"));
}

static void a_tree_of_somebody_elses_is_not_removed(void **state)
{
	struct place *p = *state;
	struct error e;

	needs_root();
	assert_int_equal(mkdirat(p->fd, "tree", 0755), 0);
	put_file(p->fd, "tree/file", "x");
	become(SOMEBODY);
	assert_int_equal(file_remove_tree(AT_FDCWD, place_path(p, "tree"), &e), -1);
	assert_says(&e, "Permission denied");
	become(0);
	assert_content(p->fd, "tree/file", "x");
}

static void all_is_written_and_read_through_a_pipe(void **state)
{
	enum { SIZE = 1 << 20 };
	static char data[SIZE], got[SIZE + 10];
	int fds[2];
	pid_t child;

	memset(data, 'd', SIZE);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	child = fork();
	if (child == 0)
		_exit(file_write_all(fds[1], data, SIZE) == 0 ? 0 : 1);
	close(fds[1]);
	assert_int_equal(file_read_all(fds[0], got, sizeof(got)), SIZE);
	assert_memory_equal(got, data, SIZE);
	assert_int_equal(file_read_all(fds[0], got, sizeof(got)), 0);
	close(fds[0]);
	assert_int_equal(file_read_all(fds[0], got, 1), -1);
	assert_int_equal(errno, EBADF);
	assert_int_equal(file_write_all(fds[1], data, 1), -1);
	assert_int_equal(errno, EBADF);
	assert_int_equal(file_write_all(fds[1], data, 0), 0);
}

static void what_cannot_be_flushed_is_an_error_unless_it_needs_none(void **state)
{
	struct place *p = *state;
	struct error e;
	int fds[2];

	assert_int_equal(file_sync(p->fd, "dir", &e), 0);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(file_sync(fds[1], "pipe", &e), 0);
	close(fds[0]);
	close(fds[1]);
	assert_int_equal(file_sync(fds[1], "closed", &e), -1);
	assert_says(&e, "closed: Bad file descriptor");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(a_file_is_read_whole_with_a_zero_after_it),
		in_place(what_is_no_regular_file_of_the_size_is_not_read),
		in_place(a_file_of_proc_is_read_whole),
		in_place(a_file_is_replaced_whole_with_the_mode_asked_for),
		in_place(a_replacement_that_fails_leaves_the_old_file),
		in_place(
			what_stands_in_the_place_of_the_new_file_is_neither_followed_nor_kept),
		in_place(a_tree_of_any_depth_is_removed),
		in_place(replacing_a_link_replaces_the_link),
		in_place(the_first_bytes_are_copied_wherever_the_file_stands),
		in_place(a_file_too_short_to_copy_is_an_error),
		in_place(a_large_file_is_copied_whole),
		in_place(a_directory_is_made_for_its_owner_alone),
		in_place(a_tree_is_removed_and_nothing_it_points_to),
		in_place(a_tree_of_write_protected_directories_is_removed),
		in_place(a_tree_of_somebody_elses_is_not_removed),
		in_place(all_is_written_and_read_through_a_pipe),
		in_place(what_cannot_be_flushed_is_an_error_unless_it_needs_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
