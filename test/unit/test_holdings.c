// SPDX-License-Identifier: GPL-2.0-or-later
/* Here this program is the job, too. */
#define _GNU_SOURCE
#include "engine/holdings.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "testing.h"

struct wanted {
	const char *path;
	int found;
	struct holding last;
};

static int look(void *arg, const struct holding *h, struct error *e)
{
	struct wanted *w = arg;

	(void)e;
	if (!strcmp(h->path, w->path)) {
		w->found++;
		w->last = *h;
	}
	return 0;
}

/* What this program holds of that name. */
static struct wanted held(const char *path)
{
	pid_t self = getpid();
	cleanup_close int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct tree tree = { .proc = proc, .pids = &self, .count = 1 };
	struct wanted wanted = { .path = path };
	struct error e;

	assert_int_equal(holdings_visit(&tree, look, &wanted, &e), 0);
	return wanted;
}

static void what_is_open_is_held_by_its_name(void **state)
{
	struct place *p = *state;
	int fd;

	put_file(p->fd, "file", "x");
	fd = openat(p->fd, "file", O_RDONLY | O_CLOEXEC);
	assert_int_equal(held(place_path(p, "file")).found, 1);
	assert_true(held(place_path(p, "file")).last.known);
	assert_int_equal(held(place_path(p, "file")).last.st.st_uid, geteuid());
	close(fd);
	assert_int_equal(held(place_path(p, "file")).found, 0);
}

static void directories_and_fifos_are(void **state)
{
	struct place *p = *state;
	int dir, fifo;

	assert_int_equal(mkdirat(p->fd, "dir", 0700), 0);
	assert_int_equal(mkfifoat(p->fd, "fifo", 0600), 0);
	dir = openat(p->fd, "dir", O_RDONLY | O_CLOEXEC);
	fifo = openat(p->fd, "fifo", O_RDWR | O_CLOEXEC);
	assert_int_equal(held(place_path(p, "dir")).found, 1);
	assert_int_equal(held(place_path(p, "fifo")).found, 1);
	close(dir);
	close(fifo);
}

static void what_was_exchanged_is_not_what_is_held(void **state)
{
	struct place *p = *state;
	int fd;

	put_file(p->fd, "file", "x");
	fd = openat(p->fd, "file", O_RDONLY | O_CLOEXEC);
	assert_int_equal(renameat(p->fd, "file", p->fd, "away"), 0);
	put_file(p->fd, "file", "y");
	assert_int_equal(held(place_path(p, "file")).found, 0);
	assert_int_equal(held(place_path(p, "away")).found, 1);
	assert_int_equal(unlinkat(p->fd, "away", 0), 0);
	assert_true(held(place_path(p, "away")).last.removed);
	close(fd);
}

static void a_file_may_really_be_called_so(void **state)
{
	struct place *p = *state;
	int fd;

	put_file(p->fd, "x (deleted)", "x");
	fd = openat(p->fd, "x (deleted)", O_RDONLY | O_CLOEXEC);
	assert_int_equal(held(place_path(p, "x (deleted)")).found, 1);
	assert_false(held(place_path(p, "x (deleted)")).last.removed);
	put_file(p->fd, "x", "another");
	assert_int_equal(unlinkat(p->fd, "x (deleted)", 0), 0);
	assert_true(held(place_path(p, "x (deleted)")).last.removed);
	close(fd);
}

static void of_what_is_mapped_and_exchanged_nothing_is_known(void **state)
{
	struct place *p = *state;
	int fd;
	void *at;

	put_file(p->fd, "file", "x");
	fd = openat(p->fd, "file", O_RDONLY | O_CLOEXEC);
	at = mmap(NULL, 1, PROT_READ, MAP_PRIVATE, fd, 0);
	assert_true(at != MAP_FAILED);
	close(fd);
	assert_true(held(place_path(p, "file")).last.known);
	put_file(p->fd, "other", "y");
	assert_int_equal(renameat(p->fd, "other", p->fd, "file"), 0);
	assert_int_equal(held(place_path(p, "file")).found, 1);
	assert_false(held(place_path(p, "file")).last.known);
	munmap(at, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(what_is_open_is_held_by_its_name),
		in_place(directories_and_fifos_are),
		in_place(what_was_exchanged_is_not_what_is_held),
		in_place(a_file_may_really_be_called_so),
		in_place(of_what_is_mapped_and_exchanged_nothing_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
