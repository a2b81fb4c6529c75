// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "runner/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "testing.h"

static struct task task_in(struct place *p)
{
	struct task task = { .job = 7 };

	task.conf.tmp_dir = p->path;
	return task;
}

static void make(struct place *p, struct scratch *scratch)
{
	const struct task task = task_in(p);
	struct error e = { .text = "" };

	if (scratch_make(scratch, &task, &e) < 0)
		fail_msg("%s", e.text);
}

/* Is it in dir, and called so that a later runner knows it? */
static void assert_in(const struct scratch *scratch, const char *dir)
{
	cleanup_free char *want = str_printf("%s/slurm-checkpoint-7-", dir);

	assert_int_equal(strncmp(scratch->path, want, strlen(want)), 0);
	assert_int_equal(strlen(scratch->path), strlen(want) + 6);
}

static void it_is_the_users_own_and_locked(void **state)
{
	struct place *p = *state;
	cleanup_close int fd = -1;
	struct scratch scratch;

	umask(0);
	make(p, &scratch);
	assert_in(&scratch, p->path);
	assert_mode(AT_FDCWD, scratch.path, 0700);
	assert_mode(AT_FDCWD, scratch.tmp, 0700);
	assert_mode(AT_FDCWD, scratch.run, 0700);
	assert_mode(AT_FDCWD, scratch.control, 0700);
	assert_mode(AT_FDCWD, scratch.shm_path, 0700);
	assert_mode(AT_FDCWD, scratch.shm, 0700);
	assert_int_equal(strncmp(scratch.shm, "/dev/shm/slurm-checkpoint-", 26), 0);
	assert_true(fcntl(scratch.fd, F_GETFD) & FD_CLOEXEC);
	fd = open(scratch.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), -1);
	assert_int_equal(errno, EWOULDBLOCK);
	scratch_remove(&scratch);
}

static void it_is_removed_with_all_that_the_job_left(void **state)
{
	struct place *p = *state;
	struct scratch scratch;
	cleanup_free char *path = NULL;
	cleanup_free char *dir = NULL;
	cleanup_free char *file = NULL;

	make(p, &scratch);
	path = strdup(scratch.path);
	dir = str_printf("%s/dir", scratch.tmp);
	file = str_printf("%s/dir/file", scratch.tmp);
	assert_int_equal(mkdir(dir, 0700), 0);
	put_file(AT_FDCWD, file, "x");
	scratch_remove(&scratch);
	assert_false(exists(AT_FDCWD, path));
	assert_null(scratch.path);
	scratch_remove(&scratch);
}

/* ---- what others left ---- */

static void put_dir(struct place *p, const char *name)
{
	cleanup_free char *file = str_printf("%s/file", name);

	assert_int_equal(mkdirat(p->fd, name, 0700), 0);
	put_file(p->fd, file, "x");
}

static int lock(struct place *p, const char *name)
{
	int fd = openat(p->fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	return fd;
}

static void what_a_dead_runner_left_is_removed_and_nothing_else(void **state)
{
	static const struct {
		const char *name;
		bool stays;
	} cases[] = {
		{ "slurm-checkpoint-6-abcdef", false },
		{ "slurm-checkpoint-7-abcdef", false }, /* the same job's */
		{ "slurm-checkpoint-8-abcdef", true },	/* locked */
		{ "slurm-checkpoint", true },
		{ "slurm-checkpoin-6-abcdef", true },
		{ "a-slurm-checkpoint-6-abcdef", true },
	};
	struct place *p = *state;
	cleanup_close int locked = -1;
	struct scratch scratch;

	for (size_t i = 0; i < LENGTH(cases); i++)
		put_dir(p, cases[i].name);
	locked = lock(p, "slurm-checkpoint-8-abcdef");
	put_file(p->fd, "slurm-checkpoint-9-file", "x");
	put_dir(p, "elsewhere");
	assert_int_equal(symlinkat("elsewhere", p->fd, "slurm-checkpoint-9-link"), 0);
	make(p, &scratch);
	for (size_t i = 0; i < LENGTH(cases); i++) {
		if (exists(p->fd, cases[i].name) != cases[i].stays)
			fail_msg("%s", cases[i].name);
	}
	assert_content(p->fd, "slurm-checkpoint-8-abcdef/file", "x");
	assert_content(p->fd, "slurm-checkpoint-9-file", "x");
	assert_content(p->fd, "elsewhere/file", "x");
	scratch_remove(&scratch);
}

static void another_job_of_the_users_on_the_node_keeps_its_own(void **state)
{
	struct place *p = *state;
	struct scratch first, second;

	make(p, &first);
	make(p, &second);
	assert_string_not_equal(first.path, second.path);
	assert_true(exists(AT_FDCWD, first.tmp));
	scratch_remove(&second);
	assert_true(exists(AT_FDCWD, first.tmp));
	scratch_remove(&first);
}

static void what_other_users_left_is_left_alone(void **state)
{
	static const char name[] = "slurm-checkpoint-6-abcdef";
	struct place *p = *state;
	struct scratch scratch;

	needs_root();
	put_dir(p, name);
	assert_int_equal(fchownat(p->fd, name, SOMEBODY, (gid_t)-1, 0), 0);
	make(p, &scratch);
	assert_true(exists(p->fd, name));
	scratch_remove(&scratch);
	/* and by that user it is removed */
	assert_int_equal(fchmod(p->fd, 0777), 0);
	become(SOMEBODY);
	make(p, &scratch);
	assert_false(exists(p->fd, name));
	scratch_remove(&scratch);
	become(0);
}

/* ---- where it is ---- */

static void without_the_sites_directory_it_is_in_TMPDIR_or_tmp(void **state)
{
	struct place *p = *state;
	const struct {
		const char *env, *dir;
	} cases[] = {
		{ p->path, p->path },
		{ place_path(p, "missing"), "/tmp" },
		{ place_path(p, "f"), "/tmp" },
		{ "relative", "/tmp" },
		{ "", "/tmp" },
		{ NULL, "/tmp" },
	};
	const char *env = getenv("TMPDIR");
	cleanup_free char *before = env ? strdup(env) : NULL;
	const struct task task = { .job = 7 };

	put_file(p->fd, "f", "");
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct scratch scratch;
		struct error e;

		if (cases[i].env)
			setenv("TMPDIR", cases[i].env, 1);
		else
			unsetenv("TMPDIR");
		assert_int_equal(scratch_make(&scratch, &task, &e), 0);
		assert_in(&scratch, cases[i].dir);
		scratch_remove(&scratch);
	}
	unsetenv("TMPDIR");
	if (before)
		setenv("TMPDIR", before, 1);
}

/* The administrator meant no other. */
static void the_sites_directory_is_used_or_none(void **state)
{
	struct place *p = *state;
	struct task task = task_in(p);
	struct scratch scratch;
	struct error e;

	task.conf.tmp_dir = str_printf("%s/missing", p->path);
	assert_int_equal(scratch_make(&scratch, &task, &e), -1);
	assert_says(&e, "TmpDir=");
	assert_says(&e, "missing: No such file");
	assert_null(scratch.path);
	assert_int_equal(scratch.fd, -1);
	scratch_remove(&scratch);
	free(task.conf.tmp_dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(it_is_the_users_own_and_locked),
		in_place(it_is_removed_with_all_that_the_job_left),
		in_place(what_a_dead_runner_left_is_removed_and_nothing_else),
		in_place(another_job_of_the_users_on_the_node_keeps_its_own),
		in_place(what_other_users_left_is_left_alone),
		in_place(without_the_sites_directory_it_is_in_TMPDIR_or_tmp),
		in_place(the_sites_directory_is_used_or_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
