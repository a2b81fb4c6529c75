// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "store/tmpdir.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/unix_socket.h"
#include "testing.h"

#define HOLE (8 << 20) /* bytes before the data of a sparse file */

static void begin(struct place *p, struct folder *folder, struct generation *gen)
{
	make_generation(p, folder, gen);
	assert_int_equal(mkdirat(p->fd, "tmp", 0700), 0);
	assert_int_equal(mkdirat(p->fd, "back", 0700), 0);
}

static void go_there_and_back(struct place *p, struct generation *gen)
{
	struct error e = { .text = "" };

	if (tmpdir_save(gen, TMPDIR_ARCHIVE, place_path(p, "tmp"), &e) < 0 ||
	    generation_verify(gen, &e) < 0 ||
	    tmpdir_restore(gen, TMPDIR_ARCHIVE, place_path(p, "back"), &e) < 0)
		fail_msg("%s", e.text);
}

static void an_empty_tmpdir_makes_no_archive(void **state)
{
	struct place *p = *state;
	cleanup_folder struct folder folder;
	cleanup_generation struct generation gen;

	begin(p, &folder, &gen);
	go_there_and_back(p, &gen);
	assert_int_equal(gen.manifest.nfiles, 0);
}

static void files_come_back_with_content_mode_and_time(void **state)
{
	static const struct timespec times[2] = { { 1000000, 5 },
						  { 2000000, 123456789 } };
	struct place *p = *state;
	cleanup_folder struct folder folder;
	cleanup_generation struct generation gen;
	struct stat st;

	begin(p, &folder, &gen);
	assert_int_equal(mkdirat(p->fd, "tmp/dir", 0750), 0);
	assert_int_equal(mkdirat(p->fd, "tmp/dir/empty", 0700), 0);
	put_file(p->fd, "tmp/dir/file", "content");
	put_file(p->fd, "tmp/with space\nand more", "odd");
	put_file(p->fd, "tmp/zero", "");
	assert_int_equal(fchmodat(p->fd, "tmp/dir/file", 0640, 0), 0);
	assert_int_equal(utimensat(p->fd, "tmp/dir/file", times, 0), 0);
	go_there_and_back(p, &gen);
	assert_content(p->fd, "back/dir/file", "content");
	assert_content(p->fd, "back/with space\nand more", "odd");
	assert_content(p->fd, "back/zero", "");
	assert_mode(p->fd, "back/dir", 0750);
	assert_mode(p->fd, "back/dir/empty", 0700);
	assert_mode(p->fd, "back/dir/file", 0640);
	st = stat_of(p->fd, "back/dir/file");
	assert_int_equal(st.st_mtim.tv_sec, times[1].tv_sec);
	assert_int_equal(st.st_mtim.tv_nsec, times[1].tv_nsec);
	assert_mode(gen.fd, TMPDIR_ARCHIVE, 0600);
}

static void links_fifos_and_sparse_files_come_back_as_they_were(void **state)
{
	struct place *p = *state;
	cleanup_folder struct folder folder;
	cleanup_generation struct generation gen;
	cleanup_close int sparse = -1;
	char target[16] = "", data[4] = "";

	begin(p, &folder, &gen);
	put_file(p->fd, "tmp/one", "shared");
	assert_int_equal(linkat(p->fd, "tmp/one", p->fd, "tmp/two", 0), 0);
	assert_int_equal(symlinkat("/nowhere", p->fd, "tmp/link"), 0);
	assert_int_equal(mkfifoat(p->fd, "tmp/fifo", 0600), 0);
	sparse = openat(p->fd, "tmp/sparse", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(pwrite(sparse, "end", 3, HOLE), 3);
	go_there_and_back(p, &gen);
	assert_content(p->fd, "back/two", "shared");
	assert_int_equal(stat_of(p->fd, "back/one").st_ino,
			 stat_of(p->fd, "back/two").st_ino);
	assert_int_equal(readlinkat(p->fd, "back/link", target, sizeof(target)), 8);
	assert_string_equal(target, "/nowhere");
	assert_true(S_ISFIFO(stat_of(p->fd, "back/fifo").st_mode));
	assert_int_equal(stat_of(p->fd, "back/sparse").st_size, HOLE + 3);
	assert_true(stat_of(p->fd, "back/sparse").st_blocks * 512 < HOLE);
	close(sparse);
	sparse = openat(p->fd, "back/sparse", O_RDONLY | O_CLOEXEC);
	assert_int_equal(pread(sparse, data, 3, HOLE), 3);
	assert_string_equal(data, "end");
}

static void a_socket_is_left_out(void **state)
{
	struct place *p = *state;
	cleanup_folder struct folder folder;
	cleanup_generation struct generation gen;
	cleanup_close int listener = -1;
	struct error e;

	begin(p, &folder, &gen);
	put_file(p->fd, "tmp/file", "x");
	listener = unix_socket_listen(place_path(p, "tmp/sock"), &e);
	assert_true(listener >= 0);
	go_there_and_back(p, &gen);
	assert_content(p->fd, "back/file", "x");
	assert_false(exists(p->fd, "back/sock"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(an_empty_tmpdir_makes_no_archive),
		in_place(files_come_back_with_content_mode_and_time),
		in_place(links_fifos_and_sparse_files_come_back_as_they_were),
		in_place(a_socket_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
