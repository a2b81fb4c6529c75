// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Here this program is criu, too: it connects to the socket, announces images as
 * CRIU's img-streamer.c does, and writes them through pipes.
 */
#define _GNU_SOURCE
#include "engine/criu/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/unix_socket.h"
#include "testing.h"

#define SOCKET "streamer-capture.sock"

struct dump {
	struct folder folder;
	struct generation gen;
	struct loop *loop;
	struct stream *stream;
	int criu; /* its end of the connection */
};

static void dump_begin(struct dump *d, struct place *p)
{
	struct error e;

	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(folder_make(&d->folder, p->path, "u", "c", 7, &e), 0);
	assert_int_equal(generation_begin(&d->gen, &d->folder, &e), 0);
	d->loop = loop_new(&e);
	d->stream = stream_open(d->loop, p->path, &d->gen, &e);
	if (!d->stream)
		fail_msg("%s", e.text);
	d->criu = unix_socket_connect(place_path(p, SOCKET));
	assert_true(d->criu >= 0);
}

static void dump_end(struct dump *d)
{
	if (d->criu >= 0)
		close(d->criu);
	stream_close(d->stream);
	loop_free(d->loop);
	generation_close(&d->gen);
	folder_close(&d->folder);
}

/* Send a descriptor with one byte, or the byte alone. */
static void send_fd(int socket, int fd)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec iov = { (char[]){ 0 }, 1 };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fd >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	}
	assert_int_equal(sendmsg(socket, &message, 0), 1);
}

static void announce(const struct dump *d, const char *name)
{
	unsigned char message[260] = { 0x0a, (unsigned char)strlen(name) };
	uint32_t size = (uint32_t)strlen(name) + 2;

	memcpy(message + 2, name, strlen(name));
	assert_int_equal(file_write_all(d->criu, &size, sizeof(size)), 0);
	assert_int_equal(file_write_all(d->criu, message, size), 0);
}

/* Announce an image; the pipe into which it is to be written. */
static int open_image(const struct dump *d, const char *name)
{
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	announce(d, name);
	send_fd(d->criu, fds[0]);
	close(fds[0]);
	return fds[1];
}

static void step(struct dump *d)
{
	struct error e = { .text = "" };

	if (loop_once(d->loop, &e) < 0)
		fail_msg("%s", e.text);
}

/* Go on until count images are complete. */
static void receive(struct dump *d, size_t count)
{
	while (d->gen.manifest.nfiles < count)
		step(d);
}

static void images_arrive_whole_and_digested(void **state)
{
	static const struct {
		const char *name, *content;
	} images[] = {
		{ "core-42.img", "registers" },
		{ "empty.img", "" },
		{ "tmpfs-dev-71.tar.gz.img", "an archive" },
		{ "x", "short name" },
	};
	struct place *p = *state;
	struct dump d;
	struct error e;

	umask(0);
	dump_begin(&d, p);
	assert_false(stream_is_complete(d.stream));
	for (size_t i = 0; i < LENGTH(images); i++) {
		int fd = open_image(&d, images[i].name);

		assert_int_equal(
			file_write_all(fd, images[i].content, strlen(images[i].content)),
			0);
		close(fd);
	}
	receive(&d, LENGTH(images));
	assert_true(stream_is_complete(d.stream));
	for (size_t i = 0; i < LENGTH(images); i++) {
		const struct manifest_file *f =
			manifest_find_file(&d.gen.manifest, images[i].name);
		char hex[DIGEST_HEX + 1];

		digest_of(images[i].content, strlen(images[i].content), hex);
		assert_non_null(f);
		assert_int_equal(f->size, strlen(images[i].content));
		assert_string_equal(f->digest, hex);
		assert_content(d.gen.fd, images[i].name, images[i].content);
		assert_mode(d.gen.fd, images[i].name, 0600);
	}
	assert_int_equal(generation_verify(&d.gen, &e), 0);
	/* At its end criu closes the connection, and nothing is less complete. */
	close(d.criu);
	d.criu = -1;
	step(&d);
	assert_true(stream_is_complete(d.stream));
	dump_end(&d);
}

/* Several at a time, and more than a pipe holds or is flushed at once. */
static void large_images_arrive_side_by_side(void **state)
{
	enum { SIZE = (40 << 20) + 3, IMAGES = 3 };
	static const char *const names[IMAGES] = { "pages-1.img", "pages-2.img",
						   "pages-3.img" };
	struct place *p = *state;
	cleanup_free char *data = malloc(SIZE);
	char hex[DIGEST_HEX + 1];
	struct dump d;
	struct error e;
	pid_t criu[IMAGES];

	for (size_t i = 0; i < SIZE; i++)
		data[i] = (char)(i * 2654435761u >> 13);
	digest_of(data, SIZE, hex);
	dump_begin(&d, p);
	for (int i = 0; i < IMAGES; i++) {
		int fd = open_image(&d, names[i]);

		criu[i] = fork();
		if (criu[i] == 0)
			_exit(file_write_all(fd, data, SIZE) == 0 ? 0 : 1);
		close(fd);
	}
	receive(&d, IMAGES);
	for (int i = 0; i < IMAGES; i++) {
		int status;

		assert_int_equal(waitpid(criu[i], &status, 0), criu[i]);
		assert_int_equal(status, 0);
		assert_int_equal(manifest_find_file(&d.gen.manifest, names[i])->size,
				 SIZE);
		assert_string_equal(manifest_find_file(&d.gen.manifest, names[i])->digest,
				    hex);
	}
	assert_int_equal(generation_verify(&d.gen, &e), 0);
	dump_end(&d);
}

static void an_image_on_its_way_is_not_complete(void **state)
{
	struct place *p = *state;
	struct dump d;
	int fd;

	dump_begin(&d, p);
	fd = open_image(&d, "a.img");
	step(&d); /* accepted */
	step(&d); /* announced */
	assert_false(stream_is_complete(d.stream));
	assert_int_equal(write(fd, "x", 1), 1);
	step(&d);
	assert_false(stream_is_complete(d.stream));
	assert_int_equal(d.gen.manifest.nfiles, 0);
	close(fd);
	step(&d);
	assert_true(stream_is_complete(d.stream));
	dump_end(&d);
}

/* As criu does when it is stopped meanwhile: whoever hears it has other things to hear. */
static void an_announcement_may_come_in_pieces(void **state)
{
	static const char bytes[] = "\x07\x00\x00\x00\x0a\x05"
				    "a.img";
	struct place *p = *state;
	struct dump d;
	int fds[2];

	dump_begin(&d, p);
	step(&d);
	for (size_t i = 0; i < sizeof(bytes) - 1; i++) {
		assert_int_equal(write(d.criu, bytes + i, 1), 1);
		step(&d);
		assert_false(stream_is_complete(d.stream));
	}
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	send_fd(d.criu, fds[0]);
	step(&d);
	assert_int_equal(write(fds[1], "x", 1), 1);
	close(fds[0]);
	close(fds[1]);
	receive(&d, 1);
	assert_content(d.gen.fd, "a.img", "x");
	assert_true(stream_is_complete(d.stream));
	dump_end(&d);
}

/* criu then fails, and lets the job go on. */
static void whoever_writes_to_a_closed_stream_is_told(void **state)
{
	static const int steps[] = { 0, 1,
				     2 }; /* not connected, not announced, on its way */
	struct place *p = *state;

	for (size_t i = 0; i < LENGTH(steps); i++) {
		struct dump d;
		int fd;

		dump_begin(&d, p);
		fd = open_image(&d, "a.img");
		for (int n = 0; n < steps[i]; n++)
			step(&d);
		stream_close(d.stream);
		d.stream = NULL;
		errno = 0;
		assert_int_equal(write(fd, "x", 1), -1);
		assert_int_equal(errno, EPIPE);
		errno = 0;
		assert_int_equal(send(d.criu, "x", 1, 0), -1);
		assert_true(errno == EPIPE || errno == ECONNRESET);
		assert_int_equal(unix_socket_connect(place_path(p, SOCKET)), -1);
		assert_int_equal(d.gen.manifest.nfiles, 0);
		close(fd);
		dump_end(&d);
	}
}

static void whoever_writes_when_the_receiver_is_killed_is_told(void **state)
{
	struct place *p = *state;
	struct dump d;
	pid_t receiver;
	int fd, status;

	dump_begin(&d, p);
	fd = open_image(&d, "a.img");
	receiver = fork();
	if (receiver == 0) {
		close(fd);
		close(d.criu);
		for (;;)
			(void)loop_once(d.loop, NULL);
	}
	/* Only the receiver is to have the stream. */
	stream_close(d.stream);
	d.stream = NULL;
	assert_int_equal(write(fd, "x", 1), 1);
	kill(receiver, SIGKILL);
	assert_int_equal(waitpid(receiver, &status, 0), receiver);
	errno = 0;
	assert_int_equal(write(fd, "x", 1), -1);
	assert_int_equal(errno, EPIPE);
	close(fd);
	dump_end(&d);
}

/* ---- what is not understood ---- */

#define BYTES(text) text, sizeof(text) - 1

static void bad_framing_is_refused(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		const char *why;
	} cases[] = {
		{ BYTES("\x07"), "not understood" },			 /* half a size */
		{ BYTES("\x00\x00\x00\x00"), "not understood" },	 /* nothing */
		{ BYTES("\x02\x00\x00\x00\x0a\x00"), "not understood" }, /* no name */
		{ BYTES("\x07\x00\x00\x00\x0a\x05"
			"a.i"),
		  "not understood" }, /* cut */
		{ BYTES("\x07\x00\x00\x00\x12\x05"
			"a.img"),
		  "not understood" }, /* field 2 */
		{ BYTES("\x07\x00\x00\x00\x0a\x04"
			"a.img"),
		  "not understood" },
		{ BYTES("\x07\x00\x00\x00\x0a\x06"
			"a.img"),
		  "not understood" },
		{ BYTES("\xff\xff\xff\xff\x0a\x05"
			"a.img"),
		  "not understood" },
		{ BYTES("\x00\x00\x00\x07\x0a\x05"
			"a.img"),
		  "not understood" }, /* big-endian */
		{ BYTES("\x07\x00\x00\x00\x0a\x05"
			"../ab"),
		  "not understood" },
		{ BYTES("\x07\x00\x00\x00\x0a\x05"
			"/etc/"),
		  "not understood" },
		{ BYTES("\x04\x00\x00\x00\x0a\x02"
			".."),
		  "without a pipe" },
		{ BYTES("\x07\x00\x00\x00\x0a\x05"
			"a.img"),
		  "without a pipe" },
		{ BYTES("\x07\x00\x00\x00\x0a\x05"
			"a.img\x00"),
		  "without a pipe" },
	};
	struct place *p = *state;

	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct error e = { .text = "" };
		struct dump d;

		dump_begin(&d, p);
		assert_int_equal(file_write_all(d.criu, cases[i].bytes, cases[i].size),
				 0);
		close(d.criu);
		d.criu = -1;
		step(&d);
		if (loop_once(d.loop, &e) == 0)
			fail_msg("case %zu was taken for an image", i);
		assert_says(&e, cases[i].why);
		assert_int_equal(d.gen.manifest.nfiles, 0);
		dump_end(&d);
	}
}

static void a_name_that_cannot_be_a_files_is_refused(void **state)
{
	static const char *const names[] = { ".", "..", "taken.img" };
	struct place *p = *state;

	for (size_t i = 0; i < LENGTH(names); i++) {
		struct error e = { .text = "" };
		struct dump d;
		int fd;

		dump_begin(&d, p);
		put_file(d.gen.fd, "taken.img", "there");
		fd = open_image(&d, names[i]);
		step(&d);
		assert_int_equal(loop_once(d.loop, &e), -1);
		assert_says(&e, names[i]);
		assert_content(d.gen.fd, "taken.img", "there");
		close(fd);
		dump_end(&d);
	}
}

/* A checkpoint fails rather than that it cannot be read. */
static void a_name_that_no_manifest_can_hold_is_refused(void **state)
{
	static const char *const names[] = { "a b.img", "a\nb.img", "-a.img", ".hidden" };
	struct place *p = *state;

	for (size_t i = 0; i < LENGTH(names); i++) {
		struct error e = { .text = "" };
		struct dump d;
		int rc = 0;

		dump_begin(&d, p);
		close(open_image(&d, names[i]));
		for (int n = 0; n < 3 && rc == 0; n++)
			rc = loop_once(d.loop, &e);
		assert_int_equal(rc, -1);
		assert_int_equal(d.gen.manifest.nfiles, 0);
		dump_end(&d);
	}
}

static void where_no_socket_can_be_there_is_no_stream(void **state)
{
	struct place *p = *state;
	struct generation gen = { .fd = -1 };
	struct error e;
	struct loop *loop = loop_new(&e);

	assert_null(stream_open(loop, place_path(p, "missing"), &gen, &e));
	assert_says(&e, "missing/" SOCKET ": No such file");
	loop_free(loop);
	stream_close(NULL);
}

static void an_image_announced_but_not_taken_yet_is_not_complete(void **state)
{
	struct place *p = *state;
	struct dump d;
	int first, second;

	dump_begin(&d, p);
	first = open_image(&d, "a.img");
	step(&d); /* accepted */
	step(&d); /* announced */
	assert_int_equal(write(first, "x", 1), 1);
	step(&d);
	close(first);
	second = open_image(&d, "b.img");
	while (d.gen.manifest.nfiles == 0)
		step(&d);
	assert_false(stream_is_complete(d.stream));
	close(second);
	receive(&d, 2);
	assert_true(stream_is_complete(d.stream));
	dump_end(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(images_arrive_whole_and_digested),
		in_place(large_images_arrive_side_by_side),
		in_place(an_image_on_its_way_is_not_complete),
		in_place(an_announcement_may_come_in_pieces),
		in_place(an_image_announced_but_not_taken_yet_is_not_complete),
		in_place(whoever_writes_to_a_closed_stream_is_told),
		in_place(whoever_writes_when_the_receiver_is_killed_is_told),
		in_place(bad_framing_is_refused),
		in_place(a_name_that_cannot_be_a_files_is_refused),
		in_place(a_name_that_no_manifest_can_hold_is_refused),
		in_place(where_no_socket_can_be_there_is_no_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
